import { UNSTAGED_PARTS } from '../../../activities/load-target.ts'
import { columnTypeSql } from './column-type-sql.ts'
import type { InspectedTable } from './inspect-table.ts'
import { ownColumns } from './own-columns.ts'
import { isPlainTable } from './plain-table.ts'
import type { LoadRequest, PublishRequest, TargetRequest } from './postgres-requests.ts'
import { resolveTarget } from './resolve-target.ts'
import type { Session } from './sessions.ts'
import { quoteTable } from './sql-name.ts'

/**
 * Whether rows of the load can be copied straight into its table, as things stand: there is no row that
 * they would have to be compared with, and the table takes each as it is in its part.
 *
 * @throws PipelineError TARGET_MISMATCH, TARGET_NOT_WRITABLE; TARGET_BUSY where somebody keeps the table to
 * himself
 */
export async function takesUnstaged(session: Session, request: LoadRequest): Promise<boolean> {
  if (!needsNoStaging(request)) return false
  const table = await resolveTarget(session, request)
  if (!takesParts(request, table)) return false
  if (table === undefined) return true
  return (await isUnused(session, request)) && (await isPlainTable(session, request))
}

/** Whether parts that were not staged may have been left in the store, and can be read there. */
export function mayBeCopied(request: PublishRequest, missingParts: readonly number[]): boolean {
  const areFirst = missingParts.every((partNumber) => partNumber < UNSTAGED_PARTS)
  return areFirst && request.readPart !== undefined && needsNoStaging(request)
}

/** Whether nothing but the table itself stands against copying rows of a part straight into it. */
function needsNoStaging({ target, columns, markColumn, evolve }: LoadRequest): boolean {
  return (
    target.mode !== 'replace-interval' &&
    ownColumns(target).length === 0 &&
    columns.some(({ key }) => key) &&
    // Looked for among the staged rows.
    markColumn === undefined &&
    // Columns of what is staged may have to become wider.
    evolve !== true
  )
}

/** Whether each column of a part has the very type of the table's: a binary COPY converts nothing. */
export function takesParts(
  { columns }: Pick<TargetRequest, 'columns'>,
  table: InspectedTable | undefined,
): boolean {
  if (table === undefined) return true
  const existing = new Map(table.columns.map((column) => [column.name, column]))
  return columns.every(({ name, type, key }) => {
    const column = existing.get(name)
    if (column === undefined || column.typeOrigin !== null) return false
    // As in staging, where a key must not be NULL.
    return column.type === columnTypeSql(type) && (!key || column.notNull)
  })
}

export async function isEmpty(
  session: Session,
  target: PublishRequest['target'],
): Promise<boolean> {
  const { rows } = await session.query<{ empty: boolean }>(
    `SELECT NOT EXISTS (SELECT FROM ${quoteTable(target)}) AS empty`,
  )
  return rows[0]?.empty === true
}

/** Found without looking for rows among those that are gone, and without waiting for the table. */
async function isUnused(
  session: Session,
  { target }: Pick<TargetRequest, 'target'>,
): Promise<boolean> {
  // While a dataset is still fetched, nobody is in its way yet.
  await session.query(`SET LOCAL lock_timeout = '100ms'`)
  const { rows } = await session.query<{ unused: boolean }>(
    'SELECT pg_relation_size($1::regclass) = 0 AS unused',
    [quoteTable(target)],
  )
  return rows[0]?.unused === true
}
