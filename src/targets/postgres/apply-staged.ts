import type { LoadCounts } from '../../../activities/load-target.ts'
import { addRows } from './add-rows.ts'
import { insertStatements } from './insert-statements.ts'
import type { InspectedTable } from './inspect-table.ts'
import { checkLoadedIntervals, refuseRowsOutside } from './interval-rules.ts'
import { type LoadTables, loadTables } from './load-tables.ts'
import { duplicateStatements } from './duplicate-statements.ts'
import { mergeStaged } from './merge-staged.ts'
import { ownValues } from './own-values.ts'
import { isPlainTable } from './plain-table.ts'
import type { PublishRequest } from './postgres-requests.ts'
import { removeDuplicates } from './remove-duplicates.ts'
import type { Session } from './sessions.ts'
import { swapRows } from './swap-rows.ts'
import { unlessRepeated } from './unless-repeated.ts'
import { writeHistory } from './write-history.ts'
import { writeSteps } from './write-steps.ts'
import type { WrittenRows } from './written-rows.ts'

/** What a load may use for itself: hash tables and sorts beyond this go to disk. */
const MEMORY_SETTINGS = `SET LOCAL work_mem = '64MB'; SET LOCAL maintenance_work_mem = '256MB'; SET LOCAL jit = off`

/**
 * Brings the staged rows into the table as its mode says, in the session's transaction, which must hold
 * the load's locks. Says exactly what it did, or fails: rows that a trigger of the table drops are an
 * error. Only what differs is written, where it stands: readers see the table as it was until the
 * transaction ends, and all that depends on the table stays. Afterwards staging holds one row of each key.
 *
 * @param table as the catalog has it; undefined where there is none yet.
 * @throws PipelineError INTERVAL_LOADED, INTERVAL_OUT_OF_ORDER, ROWS_OUTSIDE_INTERVAL,
 * TARGET_WOULD_BE_EMPTIED, TARGET_MISMATCH, ROWS_LOST
 */
export async function applyStaged(
  session: Session,
  request: PublishRequest,
  table: InspectedTable | undefined,
): Promise<LoadCounts> {
  await checkLoadedIntervals(session, request)
  await session.query(MEMORY_SETTINGS)
  const rowsStaged = request.parts.reduce((sum, { rowCount }) => sum + rowCount, 0)
  if (await insertAtOnce(session, request, table, rowsStaged)) return allInserted(rowsStaged)
  const rowsLeft = await removeDuplicates(session, loadTables(request, table), rowsStaged)
  if (request.target.mode === 'replace-interval') await refuseRowsOutside(session, request)
  const written =
    table === undefined
      ? await intoNewTable(session, request, rowsLeft)
      : await intoTable(session, request, table, rowsLeft)
  return {
    rowsStaged,
    rowsInserted: written.inserted,
    rowsUpdated: written.updated,
    rowsUnchanged: rowsLeft - written.inserted - written.updated,
    rowsDuplicate: rowsStaged - rowsLeft,
    rowsDeleted: written.deleted,
  }
}

/**
 * Puts the staged rows into a table that has none, as if every key were there once: the index of the key
 * finds out on the way, where counting keys before would take a fifth of the time. Does nothing where
 * keys repeat, and where more than the key decides what becomes of a row.
 */
async function insertAtOnce(
  session: Session,
  request: PublishRequest,
  table: InspectedTable | undefined,
  rowsStaged: number,
): Promise<boolean> {
  const { target, columns } = request
  const isSimple = target.mode !== 'history' && target.mode !== 'replace-interval'
  // A plan has to count.
  if (request.planOnly === true) return false
  if (!isSimple || !columns.some(({ key }) => key)) return false
  if (table === undefined) {
    return unlessRepeated(session, () => intoNewTable(session, request, rowsStaged))
  }
  const tables = loadTables(request, table)
  if (!(await isEmpty(session, tables)) || !(await isPlainTable(session, request))) return false
  const { insertSorted } = insertStatements(tables, ownValues(request), target)
  return unlessRepeated(session, async () => {
    // As much as building the index of the key at once would have.
    await session.query(`SET LOCAL work_mem = '256MB'`)
    await writeSteps(session, request, [{ statement: insertSorted, rows: rowsStaged }])
  })
}

function allInserted(rows: number): LoadCounts {
  return {
    rowsStaged: rows,
    rowsInserted: rows,
    rowsUpdated: 0,
    rowsUnchanged: 0,
    rowsDuplicate: 0,
    rowsDeleted: 0,
  }
}

async function isEmpty(session: Session, { target }: LoadTables): Promise<boolean> {
  const { rows } = await session.query<{ empty: boolean }>(
    `SELECT NOT EXISTS (SELECT FROM ${target}) AS empty`,
  )
  return rows[0]?.empty === true
}

async function intoNewTable(
  session: Session,
  request: PublishRequest,
  rowsLeft: number,
): Promise<WrittenRows> {
  const written = { inserted: rowsLeft, updated: 0, deleted: 0 }
  if (request.planOnly === true) return written
  const { createTable, addPrimaryKey, insertAll } = insertStatements(
    loadTables(request, undefined),
    ownValues(request),
    request.target,
  )
  await session.query(createTable)
  await writeSteps(session, request, [{ statement: insertAll, rows: rowsLeft }])
  if (addPrimaryKey !== undefined) await session.query(addPrimaryKey)
  return written
}

async function intoTable(
  session: Session,
  request: PublishRequest,
  table: InspectedTable,
  rowsLeft: number,
): Promise<WrittenRows> {
  const tables = loadTables(request, table)
  const own = ownValues(request)
  const { insertAll, insertSorted } = insertStatements(tables, own, request.target)
  if (await isEmpty(session, tables)) {
    await writeSteps(session, request, [{ statement: insertSorted, rows: rowsLeft }])
    return { inserted: rowsLeft, updated: 0, deleted: 0 }
  }
  await session.query(duplicateStatements(tables).analyze)
  const { mode } = request.target
  const hasKey = request.columns.some(({ key }) => key)
  switch (mode) {
    case 'append':
      return addRows(session, request, tables, insertSorted, rowsLeft)
    case 'history':
      return writeHistory(session, request, tables, own, rowsLeft)
    case 'merge':
      return mergeStaged(session, request, tables, own, rowsLeft)
    case 'replace':
    case 'replace-interval':
      return hasKey
        ? mergeStaged(session, request, tables, own, rowsLeft)
        : swapRows(session, request, tables, insertAll, rowsLeft)
  }
}
