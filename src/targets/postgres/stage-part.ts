import type { StagePartRequest } from './postgres-requests.ts'
import { advisoryLock, tryLocks } from './advisory-lock.ts'
import { copyPart } from './copy-part.ts'
import { fencedTransaction, type FenceTiming } from './fenced-transaction.ts'
import { datasetLock, partLock, stageName } from './load-locks.ts'
import { findLoad } from './load-row.ts'
import type { Session, Sessions } from './sessions.ts'
import { displayTable } from './sql-name.ts'
import { createStagingTable, stagingTable } from './staging-table.ts'

/**
 * Copies one part into its dataset's staging table, in one transaction with the row that says so.
 * Attempts at the same part take turns, and the one that finds it staged (or the dataset loaded)
 * leaves it so. Parts of one dataset are copied side by side.
 *
 * @throws PipelineError ROWS_LOST when the part held another count of rows than it is known to.
 */
export async function stagePart(
  sessions: Sessions,
  request: StagePartRequest,
  timing: FenceTiming,
): Promise<{ rowCount: number }> {
  const { datasetId, partNumber, rowCount, signal } = request
  const name = stageName(datasetId, partNumber)
  for (;;) {
    const outcome = await fencedTransaction(
      sessions,
      {
        name,
        signal,
        locks: [datasetLock(datasetId, 'shared'), partLock(datasetId, partNumber)],
        isEarlierAttempt: (holder) => holder === name,
        timing,
      },
      (session) => stageOnce(session, request),
    )
    if (outcome === 'staged') return { rowCount }
    await makeStagingTable(sessions, request)
  }
}

async function stageOnce(
  session: Session,
  request: StagePartRequest,
): Promise<'staged' | 'no-table'> {
  const { datasetId, partNumber, rowCount, target } = request
  const { rows } = await session.query<{ loaded: boolean; table: boolean }>(
    `SELECT EXISTS (SELECT FROM claimcheck.loads WHERE dataset_id = $1 AND target = $2) AS loaded,
            to_regclass($3) IS NOT NULL AS table`,
    [datasetId, displayTable(target), stagingTable(datasetId)],
  )
  if (rows[0]?.loaded === true) return 'staged'
  if (rows[0]?.table !== true) return 'no-table'
  const claimed = await session.query(
    `INSERT INTO claimcheck.staged_parts (dataset_id, part_number, row_count)
     VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
    [datasetId, partNumber, rowCount],
  )
  if (claimed.rowCount === 0) return 'staged'
  // What is not logged need not wait for the log either.
  await session.query('SET LOCAL synchronous_commit = off')
  await copyPart(session, stagingTable(datasetId), request, true)
  return 'staged'
}

/**
 * Parts of a new dataset arrive together, and `IF NOT EXISTS` alone lets two of them collide. What an
 * attempt that comes late made after the dataset was published would stay for ever, so it makes nothing.
 */
async function makeStagingTable(sessions: Sessions, request: StagePartRequest): Promise<void> {
  const { datasetId, partNumber, columns, signal } = request
  await sessions.transaction(stageName(datasetId, partNumber), signal, async (session) => {
    if ((await tryLocks(session, [datasetLock(datasetId, 'shared')])) !== undefined) return
    const { key } = advisoryLock(['make staging', datasetId])
    await session.query('SELECT pg_advisory_xact_lock($1::bigint)', [key.toString()])
    if ((await findLoad(session, request)) !== undefined) return
    await session.query(createStagingTable(datasetId, columns))
  })
}
