import { historyStatements } from './history-statements.ts'
import { outOfOrder } from './interval-rules.ts'
import type { LoadTables } from './load-tables.ts'
import { type OwnValues, sliceEnd } from './own-values.ts'
import type { PublishRequest } from './postgres-requests.ts'
import { refuseEmptying } from './refuse-emptying.ts'
import { refuseRepeatedKeys } from './refuse-repeated-keys.ts'
import type { Session } from './sessions.ts'
import { writeSteps } from './write-steps.ts'
import type { WrittenRows } from './written-rows.ts'

/**
 * Makes a version, valid from the end of the slice, of each staged row that is new or another than the
 * one that is valid, whose validity ends then.
 *
 * @throws PipelineError INTERVAL_OUT_OF_ORDER when the table has versions of a later time;
 * TARGET_WOULD_BE_EMPTIED, TARGET_MISMATCH, ROWS_LOST
 */
export async function writeHistory(
  session: Session,
  request: PublishRequest,
  tables: LoadTables,
  own: OwnValues,
  stagedRows: number,
): Promise<WrittenRows> {
  const validFrom = sliceEnd(request)
  const { rows: found } = await session.query<{ later: boolean; again: boolean }>(
    `SELECT coalesce(bool_or(valid_from > ${validFrom} OR valid_to > ${validFrom}), false) AS later,
            coalesce(bool_or(valid_from = ${validFrom} OR valid_to = ${validFrom}), false) AS again
       FROM ${tables.target}`,
  )
  if (found[0]?.later === true) throw outOfOrder(request, 'the table has versions of a later time')
  await refuseRepeatedKeys(session, request, tables, 't.valid_to IS NULL')
  const statements = historyStatements({
    ...tables,
    validFrom,
    endsMissing: request.target.onMissing === 'delete',
    again: found[0]?.again === true,
    // What is loaded by its mark does not come a second time: what the slice has brought before stays.
    takesBack: request.markColumn === undefined,
    own,
  })
  await session.query(statements.collectChanges)
  const { rows } = await session.query<Counts>(statements.countChanges)
  const count = (name: keyof Counts) => Number(rows[0]?.[name])
  const deleted = count('keysDeleted')
  refuseEmptying(request, stagedRows, deleted)
  await writeSteps(session, request, [
    { statement: statements.removeVersions, rows: count('remove') },
    { statement: statements.moveEnds, rows: count('move') },
    { statement: statements.rewriteVersions, rows: count('rewrite') },
    { statement: statements.insertVersions, rows: count('insert') },
  ])
  await session.query(statements.dropChanges)
  return { inserted: count('keysInserted'), updated: count('keysUpdated'), deleted }
}

type Counts = Record<
  'remove' | 'move' | 'rewrite' | 'insert' | 'keysInserted' | 'keysUpdated' | 'keysDeleted',
  string
>
