import type { LoadPlan, PlanOutcome } from '../../../activities/load-target.ts'
import { alterTable } from './alter-table.ts'
import { applyStaged, prepareToApply } from './apply-staged.ts'
import { fencedTransaction, type FenceTiming } from './fenced-transaction.ts'
import { findMissingParts } from './find-missing-parts.ts'
import { moveHighWaterMark } from './high-water-mark.ts'
import { foreseenFollowers } from './foreseen-followers.ts'
import { type InspectedTable, inspectTable } from './inspect-table.ts'
import { joinEvolved, widenStaged } from './join-evolved.ts'
import { datasetLock, publishName, worksFor } from './load-locks.ts'
import { planEvolution } from './plan-evolution.ts'
import type { PublishRequest } from './postgres-requests.ts'
import { resolveTarget } from './resolve-target.ts'
import type { Session, Sessions } from './sessions.ts'
import { displayTable, quoteColumn, quoteTable } from './sql-name.ts'
import { createStagingTable, STAGING_SCHEMA } from './staging-table.ts'
import type { TableDifference } from './table-difference.ts'
import { WRITTEN_AS } from './written-as.ts'

/**
 * Compares a staged dataset with its table as publishing it does, by the same statements, and writes
 * nothing into the table. All that it makes on the way is taken back; the table is read in one state,
 * without a lock that anybody waits for. What a trigger, a check or a foreign key of the table would say
 * is not found out; that foreign keys may follow rows is said.
 *
 * @throws PipelineError what publishing would throw for the dataset: TARGET_MISMATCH,
 * TARGET_WOULD_BE_EMPTIED, INTERVAL_LOADED, INTERVAL_OUT_OF_ORDER, ROWS_OUTSIDE_INTERVAL; TARGET_BUSY
 * where an earlier attempt is still staging
 */
export function planLoad(
  sessions: Sessions,
  request: PublishRequest,
  timing: FenceTiming,
): Promise<PlanOutcome> {
  const { datasetId, signal } = request
  return fencedTransaction(
    sessions,
    {
      name: publishName(datasetId),
      signal,
      locks: [datasetLock(datasetId, 'alone')],
      isEarlierAttempt: (name) => worksFor(datasetId, name),
      timing,
      isolation: 'REPEATABLE READ',
    },
    (session) => planOnce(session, { ...request, planOnly: true }),
  )
}

async function planOnce(session: Session, request: PublishRequest): Promise<PlanOutcome> {
  const { datasetId, parts } = request
  // Of a plan no digest of keys is kept.
  const { missingParts } = await findMissingParts(session, { datasetId, parts, columns: [] })
  if (missingParts.length > 0) return { kind: 'staging-incomplete', missingParts }
  await takingBack(session, () => moveHighWaterMark(session, request))
  const plan = await takingBack(session, () => compare(session, request))
  return { kind: 'planned', plan }
}

async function compare(session: Session, staged: PublishRequest): Promise<LoadPlan> {
  const { datasetId, columns, parts, target } = staged
  if (parts.length === 0) await session.query(createStagingTable(datasetId, columns))
  const request = await joinEvolved(session, staged)
  await widenStaged(session, staged, request)
  // Copies of it have no foreign keys.
  const table = await inspectTable(session, target)
  const { rows, alterations, counts } = await compareWith(session, request, table)
  const followers = table === undefined ? [] : foreseenFollowers(request, table, counts)
  const { mode, onMissing = 'keep' } = target
  const hasKey = columns.some(({ key }) => key)
  return {
    target: displayTable(target),
    mode,
    rowsBefore: rows,
    counts,
    canChange: mode !== 'append' && hasKey,
    canRemove: mode === 'replace' || mode === 'replace-interval' || onMissing !== 'keep',
    alterations,
    ...(followers.length > 0 ? { followers } : {}),
  }
}

async function compareWith(
  session: Session,
  request: PublishRequest,
  inspected: InspectedTable | undefined,
): Promise<Pick<LoadPlan, 'counts' | 'alterations'> & { readonly rows: number | null }> {
  const differences =
    request.evolve === true ? (await planEvolution(session, request)).differences : []
  // By the name of the table itself: the loads of a copy are not known.
  await prepareToApply(session, request)
  if (differences.length === 0) {
    const table = await resolveTarget(session, request)
    const rows = table === undefined ? null : await countRows(session, request)
    return { rows, alterations: [], counts: await applyStaged(session, request, table) }
  }
  const altered = await makeAltered(session, request, inspected, differences)
  const rows = await countRows(session, altered)
  const counts = await applyStaged(session, altered, await resolveTarget(session, altered))
  return { rows, counts, alterations: differences.map(({ sentence }) => sentence) }
}

/**
 * A copy of the table, rows and all, that has the columns which the load needs: the table itself could not
 * be altered without keeping its readers out. Nobody else sees the copy.
 */
async function makeAltered(
  session: Session,
  request: PublishRequest,
  inspected: InspectedTable | undefined,
  differences: readonly TableDifference[],
): Promise<PublishRequest> {
  const { datasetId, target } = request
  const copy = { schema: STAGING_SCHEMA, table: `p_${datasetId.replaceAll('-', '')}` }
  await session.query(
    `CREATE UNLOGGED TABLE ${quoteTable(copy)} (LIKE ${quoteTable(target)} INCLUDING ALL)`,
  )
  const list = await writtenColumns(session, inspected, copy)
  await session.query(
    `INSERT INTO ${quoteTable(copy)} (${list}) OVERRIDING SYSTEM VALUE SELECT ${list} FROM ${quoteTable(target)}`,
  )
  await session.query(WRITTEN_AS)
  await alterTable(session, request, differences, copy)
  return { ...request, target: { ...target, ...copy } }
}

/** All but those whose values PostgreSQL computes from others. */
async function writtenColumns(
  session: Session,
  table: InspectedTable | undefined,
  copy: { readonly schema: string; readonly table: string },
): Promise<string> {
  const { rows } = await session.query<{ name: string }>(
    `SELECT attname::text AS name FROM pg_attribute
      WHERE attrelid = to_regclass($1) AND attgenerated <> '' AND attnum > 0`,
    [quoteTable(copy)],
  )
  const computed = new Set(rows.map(({ name }) => name))
  const written = (table?.columns ?? []).filter(({ name }) => !computed.has(name))
  return written.map(({ name }) => quoteColumn(name)).join(', ')
}

async function countRows(
  session: Session,
  { target }: Pick<PublishRequest, 'target'>,
): Promise<number> {
  const { rows } = await session.query<{ count: string }>(
    `SELECT count(*)::text AS count FROM ${quoteTable(target)}`,
  )
  return Number(rows[0]?.count)
}

/** Runs a body, and undoes in the session's transaction what it did. */
async function takingBack<Result>(session: Session, body: () => Promise<Result>): Promise<Result> {
  await session.query('SAVEPOINT plan')
  const result = await body()
  await session.query('ROLLBACK TO SAVEPOINT plan')
  return result
}
