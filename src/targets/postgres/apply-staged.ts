import type { LoadCounts } from '../../../activities/load-target.ts'
import { addRows } from './add-rows.ts'
import { insertStatements } from './insert-statements.ts'
import type { InspectedTable } from './inspect-table.ts'
import { checkLoadedIntervals, refuseRowsOutside } from './interval-rules.ts'
import { loadTables } from './load-tables.ts'
import { duplicateStatements } from './duplicate-statements.ts'
import { mergeStaged } from './merge-staged.ts'
import { ownValues } from './own-values.ts'
import type { PublishRequest } from './postgres-requests.ts'
import { removeDuplicates } from './remove-duplicates.ts'
import { rowsOfParts } from './rows-of-parts.ts'
import type { Session } from './sessions.ts'
import { swapRows } from './swap-rows.ts'
import { isEmpty } from './takes-unstaged.ts'
import { writeHistory } from './write-history.ts'
import { writeSteps } from './write-steps.ts'
import type { WrittenRows } from './written-rows.ts'

/** What a load may use for itself: hash tables and sorts beyond this go to disk. */
const MEMORY_SETTINGS = `SET LOCAL work_mem = '64MB'; SET LOCAL maintenance_work_mem = '256MB'; SET LOCAL jit = off`

/**
 * Finds that the dataset may be applied, and gives its transaction the memory for that. Both `insertAtOnce`
 * and `applyStaged` come after it.
 *
 * @throws PipelineError INTERVAL_LOADED, INTERVAL_OUT_OF_ORDER
 */
export async function prepareToApply(session: Session, request: PublishRequest): Promise<void> {
  await checkLoadedIntervals(session, request)
  await session.query(MEMORY_SETTINGS)
}

/**
 * Brings the staged rows into the table as its mode says, in the session's transaction, which must hold
 * the load's locks. Says exactly what it did, or fails: rows that a trigger of the table drops are an
 * error. Only what differs is written, where it stands: readers see the table as it was until the
 * transaction ends, and all that depends on the table stays. Afterwards staging holds one row of each key.
 *
 * @param table as the catalog has it; undefined where there is none yet.
 * @throws PipelineError ROWS_OUTSIDE_INTERVAL, TARGET_WOULD_BE_EMPTIED, TARGET_MISMATCH, ROWS_LOST
 */
export async function applyStaged(
  session: Session,
  request: PublishRequest,
  table: InspectedTable | undefined,
): Promise<LoadCounts> {
  const rowsStaged = rowsOfParts(request.parts)
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
  if (await isEmpty(session, request.target)) {
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
