import type { LoadCounts } from '../../../activities/load-target.ts'
import { copyPart } from './copy-part.ts'
import { insertStatements } from './insert-statements.ts'
import type { InspectedTable } from './inspect-table.ts'
import { loadTables } from './load-tables.ts'
import { ownValues } from './own-values.ts'
import { isPlainTable } from './plain-table.ts'
import type { PublishRequest } from './postgres-requests.ts'
import { rowsOfParts } from './rows-of-parts.ts'
import type { Session } from './sessions.ts'
import { isEmpty, takesParts } from './takes-unstaged.ts'
import { unlessRepeated } from './unless-repeated.ts'
import { writeSteps } from './write-steps.ts'

/**
 * Puts the rows of a dataset into a table that has none, as if every key were there once: the index of the
 * key finds out on the way, where counting keys before would take a fifth of the time. Rows of parts that
 * were not staged come from the store, the others from staging. Does nothing where keys repeat, and where
 * more than the key decides what becomes of a row.
 *
 * @param table as the catalog has it; undefined where there is none yet.
 * @param unstaged Numbers of the parts that were not staged.
 * @returns undefined where nothing was done
 */
export async function insertAtOnce(
  session: Session,
  request: PublishRequest,
  table: InspectedTable | undefined,
  unstaged: readonly number[],
): Promise<LoadCounts | undefined> {
  const { target, columns, parts } = request
  const isSimple = target.mode !== 'history' && target.mode !== 'replace-interval'
  if (!isSimple || !columns.some(({ key }) => key)) return undefined
  const isReadable = request.readPart !== undefined && takesParts(request, table)
  if (unstaged.length > 0 && !isReadable) return undefined
  if (table !== undefined) {
    if (!(await isEmpty(session, target)) || !(await isPlainTable(session, request))) {
      return undefined
    }
  }
  const tables = loadTables(request, table)
  const statements = insertStatements(tables, ownValues(request), target)
  const rowsStaged = rowsOfParts(parts)
  const copied = parts.filter(({ partNumber }) => unstaged.includes(partNumber))
  const isDone = await unlessRepeated(session, async () => {
    // As much as building the index of the key at once would have.
    await session.query(`SET LOCAL work_mem = '256MB'`)
    if (table === undefined) await session.query(statements.createTable)
    for (const { partNumber, rowCount } of copied) {
      await request.readPart?.(partNumber, (chunks) =>
        copyPart(session, tables.target, { ...request, partNumber, rowCount, chunks }, false),
      )
    }
    const statement = table === undefined ? statements.insertAll : statements.insertSorted
    await writeSteps(session, request, [{ statement, rows: rowsStaged - rowsOfParts(copied) }])
    if (table === undefined && statements.addPrimaryKey !== undefined) {
      await session.query(statements.addPrimaryKey)
    }
  })
  if (!isDone) return undefined
  return {
    rowsStaged,
    rowsInserted: rowsStaged,
    rowsUpdated: 0,
    rowsUnchanged: 0,
    rowsDuplicate: 0,
    rowsDeleted: 0,
  }
}
