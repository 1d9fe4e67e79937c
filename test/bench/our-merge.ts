import type { PipelineDefinition } from '../../activities/index.ts'
import { mergeStatements } from '../../src/targets/postgres/merge-statements.ts'

/** The statements with which we merge into a table that has rows, for the floor to use. */
export function ourMerge(
  { columns }: PipelineDefinition,
  tables: { readonly staging: string; readonly target: string },
): string[] {
  const statements = mergeStatements({ ...tables, changes: 'public.floor_changes', columns })
  return [
    `SET LOCAL work_mem = '64MB'`,
    statements.analyze,
    statements.countKeys,
    statements.lockTarget,
    statements.collectChanges,
    statements.countChanges,
    statements.updateChanged,
    statements.insertNew,
    statements.dropChanges,
  ]
}
