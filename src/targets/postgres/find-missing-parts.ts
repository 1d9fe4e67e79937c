import { keyDigest, type KeyDigest } from './key-digest.ts'
import type { PublishRequest } from './postgres-requests.ts'
import { rowsOfParts } from './rows-of-parts.ts'
import type { Session } from './sessions.ts'
import { POSITION_COLUMN } from './sql-name.ts'
import { ROWS_PER_PART, stagingTable } from './staging-table.ts'

export interface StagedParts {
  readonly missingParts: readonly number[]
  /** Of all staged rows, where none is missing: the count that shows it finds it on the way. */
  readonly keys?: KeyDigest | undefined
}

/** The number of the part that a staged row came from. */
const PART = `(${POSITION_COLUMN} / ${ROWS_PER_PART})::integer`

/**
 * Which of the dataset's parts are not in staging, whole. The session must hold the dataset's lock
 * alone. The rows themselves are counted, not only what `staged_parts` says: both are emptied by a
 * server crash and by a failover, but by hand one may be emptied without the other. Of a part that
 * is reported, and of parts the dataset does not have, nothing is left in staging.
 */
export async function findMissingParts(
  session: Session,
  { datasetId, parts, columns }: Pick<PublishRequest, 'datasetId' | 'parts' | 'columns'>,
): Promise<StagedParts> {
  const staging = stagingTable(datasetId)
  const recorded = await countByPart(
    session,
    `SELECT part_number AS part, row_count::text AS rows FROM claimcheck.staged_parts WHERE dataset_id = $1`,
    [datasetId],
  )
  const matches = (rows: ReadonlyMap<number, number>) =>
    parts.filter(({ partNumber, rowCount }) => rows.get(partNumber) === rowCount)

  const exists = await tableExists(session, staging)
  if (exists && recorded.size === parts.length && matches(recorded).length === parts.length) {
    // One count of all is cheap; parts are only told apart where it does not agree.
    const keys = await keyDigest(session, staging, columns)
    const rows = keys?.keyCount ?? (await countRows(session, staging))
    const expected = rowsOfParts(parts)
    if (rows === expected) return { missingParts: [], keys }
  }
  const counted = exists
    ? await countByPart(
        session,
        `SELECT ${PART} AS part, count(*)::text AS rows FROM ${staging} GROUP BY 1`,
      )
    : new Map<number, number>()
  const whole = new Set(
    matches(recorded)
      .filter(({ partNumber, rowCount }) => exists && (counted.get(partNumber) ?? 0) === rowCount)
      .map(({ partNumber }) => partNumber),
  )
  const stray = [...new Set([...recorded.keys(), ...counted.keys()])].filter(
    (part) => !whole.has(part),
  )
  if (stray.length > 0) await forget(session, { datasetId }, exists ? staging : undefined, stray)
  return {
    missingParts: parts.map(({ partNumber }) => partNumber).filter((part) => !whole.has(part)),
  }
}

async function forget(
  session: Session,
  { datasetId }: Pick<PublishRequest, 'datasetId'>,
  staging: string | undefined,
  parts: readonly number[],
): Promise<void> {
  if (staging !== undefined) {
    await session.query(`DELETE FROM ${staging} WHERE ${PART} = ANY ($1::integer[])`, [parts])
  }
  await session.query(
    `DELETE FROM claimcheck.staged_parts WHERE dataset_id = $1 AND part_number = ANY ($2::integer[])`,
    [datasetId, parts],
  )
}

async function countByPart(
  session: Session,
  text: string,
  values?: readonly unknown[],
): Promise<Map<number, number>> {
  const { rows } = await session.query<{ part: number; rows: string }>(text, values)
  return new Map(rows.map(({ part, rows: count }) => [part, Number(count)]))
}

async function countRows(session: Session, table: string): Promise<number> {
  const { rows } = await session.query<{ rows: string }>(
    `SELECT count(*)::text AS rows FROM ${table}`,
  )
  return Number(rows[0]?.rows)
}

async function tableExists(session: Session, table: string): Promise<boolean> {
  const { rows } = await session.query<{ exists: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS exists',
    [table],
  )
  return rows[0]?.exists === true
}
