import type { LoadCounts } from '../../../activities/load-target.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { MergeStatements } from './merge-statements.ts'
import type { Session } from './sessions.ts'

/** What the merge may use for itself: hash tables and sorts beyond this go to disk. */
const MEMORY_SETTINGS = `SET LOCAL work_mem = '64MB'; SET LOCAL maintenance_work_mem = '256MB'; SET LOCAL jit = off`

export interface MergeOptions {
  readonly statements: MergeStatements
  readonly targetExists: boolean
  /** Rows that staging is known to hold. */
  readonly rowsStaged: number
}

/**
 * Brings the staged rows into the table, in the session's transaction, which must hold the load's
 * locks. Says exactly what it did, or fails: rows that a trigger of the table drops are an error.
 *
 * @throws PipelineError ROWS_LOST when the table did not take what it was given.
 */
export async function mergeStaged(session: Session, options: MergeOptions): Promise<LoadCounts> {
  const { statements, targetExists, rowsStaged } = options
  await session.query(MEMORY_SETTINGS)
  await session.query(statements.analyze)
  const counted = await session.query<{ rows: string; keys: string }>(statements.countKeys)
  const rows = Number(counted.rows[0]?.rows)
  if (rows !== rowsStaged) throw rowsLost('staging', rowsStaged, rows)
  const keys = Number(counted.rows[0]?.keys)
  if (keys !== rows) await expectRows(session, 'staging', statements.deleteDuplicates, rows - keys)

  const written = targetExists
    ? await intoTable(session, statements, keys)
    : await intoNewTable(session, statements, keys)
  return {
    rowsStaged,
    rowsInserted: written.inserted,
    rowsUpdated: written.updated,
    rowsUnchanged: keys - written.inserted - written.updated,
    rowsDuplicate: rows - keys,
    rowsDeleted: 0,
  }
}

interface Written {
  readonly inserted: number
  readonly updated: number
}

async function intoNewTable(
  session: Session,
  statements: MergeStatements,
  keys: number,
): Promise<Written> {
  await session.query(statements.createTarget)
  await expectRows(session, 'the table', statements.insertAll, keys)
  await session.query(statements.addPrimaryKey)
  return { inserted: keys, updated: 0 }
}

async function intoTable(
  session: Session,
  statements: MergeStatements,
  keys: number,
): Promise<Written> {
  const { rows } = await session.query<{ empty: boolean }>(statements.isEmpty)
  if (rows[0]?.empty === true) {
    await expectRows(session, 'the table', statements.insertAll, keys)
    return { inserted: keys, updated: 0 }
  }
  await session.query(statements.collectChanges)
  const changes = await session.query<{ insert: string; update: string }>(statements.countChanges)
  const inserted = Number(changes.rows[0]?.insert)
  const updated = Number(changes.rows[0]?.update)
  // Updates first, as they then join with the smaller table.
  if (updated > 0) await expectRows(session, 'the table', statements.updateChanged, updated)
  if (inserted > 0) await expectRows(session, 'the table', statements.insertNew, inserted)
  await session.query(statements.dropChanges)
  return { inserted, updated }
}

async function expectRows(
  session: Session,
  where: string,
  statement: string,
  expected: number,
): Promise<void> {
  const { rowCount } = await session.query(statement)
  if (rowCount !== expected) throw rowsLost(where, expected, rowCount)
}

function rowsLost(where: string, expected: number, actual: number): PipelineError {
  return new PipelineError(
    'ROWS_LOST',
    `Expected ${expected} rows in ${where} and counted ${actual}; nothing was loaded`,
    { remedy: 'Look for triggers or rules of the table that drop or add rows.' },
  )
}
