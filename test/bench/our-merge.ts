import type { PipelineDefinition } from '../../activities/index.ts'
import { duplicateStatements } from '../../src/targets/postgres/duplicate-statements.ts'
import { mergeStatements } from '../../src/targets/postgres/merge-statements.ts'

/** The statements with which we merge into a table that has rows, for the floor to use. */
export function ourMerge(
  { columns }: PipelineDefinition,
  tables: { readonly staging: string; readonly target: string },
): string[] {
  const load = { ...tables, changes: 'public.floor_changes', columns }
  const { analyze, countKeys } = duplicateStatements(load)
  const statements = mergeStatements(load)
  return [
    `SET LOCAL work_mem = '64MB'`,
    analyze,
    countKeys,
    `LOCK TABLE ${tables.target} IN SHARE ROW EXCLUSIVE MODE`,
    statements.collectChanges,
    statements.countChanges,
    statements.updateChanged,
    statements.insertNew,
    statements.dropChanges,
  ]
}
