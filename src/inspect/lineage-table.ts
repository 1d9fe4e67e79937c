import type { PipelineDefinition, PostgresTargetDefinition } from '../../activities/index.ts'
import { LineageError } from '../lineage-error.ts'
import { inspectTable } from '../targets/postgres/inspect-table.ts'
import type { Session } from '../targets/postgres/sessions.ts'
import { displayTable } from '../targets/postgres/sql-name.ts'

/** A table whose rows say what they were written from. */
export interface LineageTable {
  readonly target: PostgresTargetDefinition
  /** Types by name, in the table's order. */
  readonly columns: ReadonlyMap<string, string>
  /** As in `RowQuery`. */
  readonly named: readonly string[]
  readonly shown: readonly string[]
}

const lineageColumns = ['_dataset_id', '_part_number']

/**
 * The table that the pipeline loads, where it keeps lineage.
 *
 * @throws LineageError LINEAGE_MISSING
 */
export async function lineageTable(
  session: Session,
  { name: pipeline, columns: declared, target }: PipelineDefinition,
): Promise<LineageTable> {
  if (target.kind !== 'postgres') {
    throw new LineageError('LINEAGE_MISSING', 'The pipeline loads files, whose rows keep none', {
      at: { pipeline },
      remedy: 'Lineage is of rows in PostgreSQL: ask of a pipeline with a target of that kind.',
    })
  }
  const at = { pipeline, table: displayTable(target) }
  if (target.lineage !== true) {
    throw new LineageError('LINEAGE_MISSING', 'The pipeline keeps no lineage', {
      at,
      remedy:
        'Write `lineage: true` under `target` of the pipeline file: rows that are written from then on say where they came from.',
    })
  }
  const table = await inspectTable(session, target)
  const columns = new Map(table?.columns.map(({ name, type }) => [name, type]))
  if (!lineageColumns.every((name) => columns.has(name))) {
    const problem =
      table === undefined ? 'There is no such table yet' : 'The table has no lineage yet'
    throw new LineageError('LINEAGE_MISSING', problem, {
      at,
      remedy: 'Load it with `claimcheck run`: that adds what is missing.',
    })
  }
  const inTable = declared.filter(({ name }) => columns.has(name))
  const key = inTable.filter((column) => column.key).map(({ name }) => name)
  if (key.length === 0) {
    const names = inTable.length > 0 ? inTable.map(({ name }) => name) : [...columns.keys()]
    return { target, columns, named: [], shown: names }
  }
  const versions = target.mode === 'history' ? ['valid_from'] : []
  const ends = [
    ...(target.mode === 'history' ? ['valid_to'] : []),
    ...(target.onMissing === 'mark' ? ['_deleted_at'] : []),
  ]
  const present = (name: string): boolean => columns.has(name)
  const named = [...key, ...versions.filter(present)]
  return { target, columns, named, shown: [...named, ...ends.filter(present)] }
}
