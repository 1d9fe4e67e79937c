import { PipelineError } from '../../activities/pipeline-error.ts'
import type { PipelineDefinition } from '../../activities/index.ts'
import type { ObjectStore } from '../../codec/index.ts'
import { LineageError } from '../lineage-error.ts'
import { suggestion } from '../pipeline/suggestion.ts'
import {
  findLoads,
  findRows,
  type Condition,
  type FoundRow,
  type FoundRows,
  type RowQuery,
} from '../targets/postgres/lineage.ts'
import type { Session, Sessions } from '../targets/postgres/sessions.ts'
import { displayTable } from '../targets/postgres/sql-name.ts'
import { lineageTable, type LineageTable } from './lineage-table.ts'
import { findManifest, tracePartsOf, type PartLineage } from './part-lineage.ts'

/** Where rows and parts are looked for. */
export interface LineagePlace {
  readonly sessions: Sessions
  readonly store: ObjectStore
  readonly definition: PipelineDefinition
  readonly signal: AbortSignal
}

export interface TracedRow extends FoundRow {
  /** Null where the row says no part, or no load of its dataset into the table is known. */
  readonly lineage: PartLineage | null
}

export interface TracedRows {
  readonly rows: readonly TracedRow[]
  /** All that were found, more than are shown perhaps. */
  readonly count: number
}

/**
 * The rows for which all of `column=value` hold, each with the part that it was last written from and
 * what that was made from. Reads only, the table in one state.
 *
 * @throws LineageError LINEAGE_MISSING, COLUMN_NOT_FOUND, COLUMN_VALUE_INVALID, ROW_NOT_FOUND
 */
export async function traceRows(
  place: LineagePlace,
  conditions: readonly string[],
): Promise<TracedRows> {
  const { store, definition } = place
  const { found, loads } = await look(place, async (session) => {
    const table = await lineageTable(session, definition)
    const wanted = conditions.map((text) => parseCondition(text, table))
    const rows = await findWanted(session, { ...table, conditions: wanted }, table)
    const ids = rows.rows.flatMap(({ datasetId }) => datasetId ?? [])
    return { found: rows, loads: await findLoads(session, table.target, ids) }
  })
  const parts = new Map<string, ReadonlyMap<number, PartLineage>>()
  for (const [datasetId, load] of loads) {
    const numbers = found.rows.flatMap((row) =>
      row.datasetId === datasetId && row.partNumber !== null ? [row.partNumber] : [],
    )
    const manifest = await findManifest(store, load)
    parts.set(datasetId, await tracePartsOf(store, load, manifest, new Set(numbers)))
  }
  const rows = found.rows.map((row) => ({
    ...row,
    lineage: parts.get(row.datasetId ?? '')?.get(row.partNumber ?? -1) ?? null,
  }))
  return { rows, count: found.count }
}

/** Looks something up in the database, which is seen in one state and of which nothing can be changed. */
export function look<Seen>(
  { sessions, signal }: Pick<LineagePlace, 'sessions' | 'signal'>,
  body: (session: Session) => Promise<Seen>,
): Promise<Seen> {
  return sessions.transaction('claimcheck lineage', signal, body, 'REPEATABLE READ, READ ONLY')
}

/** A name may hold `=`: the first that leaves the name of a column before it is meant. */
function parseCondition(text: string, { target, columns }: LineageTable): Condition {
  for (let at = text.indexOf('='); at !== -1; at = text.indexOf('=', at + 1)) {
    const column = text.slice(0, at)
    if (columns.has(column)) return { column, value: text.slice(at + 1) }
  }
  const [name = ''] = text.split('=', 1)
  const known = [...columns.keys()]
  throw new LineageError(
    'COLUMN_NOT_FOUND',
    `There is no column ${JSON.stringify(name)}${suggestion(name, known)}`,
    { at: { table: displayTable(target) }, remedy: `The table has: ${known.join(', ')}.` },
  )
}

async function findWanted(
  session: Session,
  query: RowQuery,
  { target, columns }: LineageTable,
): Promise<FoundRows> {
  const at = { table: displayTable(target) }
  const asked = query.conditions
    .map(({ column }) => `${JSON.stringify(column)} (${columns.get(column)})`)
    .join(', ')
  const found = await findRows(session, query).catch((error: unknown) => {
    if (!isAboutValues(error)) throw error
    throw new LineageError(
      'COLUMN_VALUE_INVALID',
      `PostgreSQL finds no equal of what was given for ${asked}`,
      { at, remedy: 'Write the value as one of the column’s type, and choose one with equality.' },
    )
  })
  if (found.count > 0) return found
  throw new LineageError('ROW_NOT_FOUND', `No row of the table has that ${asked}`, {
    at,
    remedy: 'Compare the value with the table; the loads of the partition may have failed.',
  })
}

/** Data exceptions, constraints of a domain, and types without an operator. */
function isAboutValues(error: unknown): boolean {
  return error instanceof PipelineError && /^(22|23|42883|42725)/.test(String(error.at['sqlState']))
}
