import type { LoadTables } from './load-tables.ts'
import { type MergeStatements, type MissingRows, mergeStatements } from './merge-statements.ts'
import { type OwnValues, sliceEnd } from './own-values.ts'
import { sliceCondition } from './interval-rules.ts'
import { isPlainTable } from './plain-table.ts'
import type { PublishRequest } from './postgres-requests.ts'
import { refuseEmptying } from './refuse-emptying.ts'
import { refuseFollowed } from './refuse-followed.ts'
import { refuseRepeatedKeys } from './refuse-repeated-keys.ts'
import type { Session } from './sessions.ts'
import type { WrittenRows } from './written-rows.ts'
import { writeRows, writeSteps } from './write-steps.ts'

const SAMPLED_ROWS = 10_000

/**
 * Brings the staged rows, one of each key, into a table that has rows: by `merge`, and by `replace` and
 * `replace-interval` where there is a key.
 *
 * @throws PipelineError TARGET_WOULD_BE_EMPTIED, TARGET_MISMATCH, ROWS_LOST
 */
export async function mergeStaged(
  session: Session,
  request: PublishRequest,
  tables: LoadTables,
  own: OwnValues,
  stagedRows: number,
): Promise<WrittenRows> {
  await refuseRepeatedKeys(session, request, tables)
  const written = await writeChanges(session, request, tables, own, stagedRows)
  if (request.planOnly !== true) await refuseFollowed(session, request, tables, written)
  return written
}

async function writeChanges(
  session: Session,
  request: PublishRequest,
  tables: LoadTables,
  own: OwnValues,
  stagedRows: number,
): Promise<WrittenRows> {
  const missing = missingRows(request)
  const statements = mergeStatements({
    ...tables,
    missing,
    replacesNewer: request.target.mode === 'replace',
    own,
  })
  // A plan has to count, and so has what changes collected.
  const counts = request.planOnly === true
  if (!counts && (await mostAreUpdates(session, statements, stagedRows))) {
    const isPlain = missing.kind === 'keep' && (await isPlainTable(session, request))
    const written = isPlain
      ? await writeUncounted(session, statements, stagedRows)
      : await updateAtOnce(session, request, statements)
    if (written !== undefined) return written
  }
  await session.query(statements.collectChanges)
  const changes = await countsOf(session, statements.countChanges)
  refuseEmptying(request, stagedRows, changes.missing)
  await writeSteps(session, request, [
    { statement: statements.takeMissing, rows: changes.missing },
    { statement: statements.unmark, rows: changes.unmark },
    { statement: statements.updateChanged, rows: changes.update },
    { statement: statements.insertNew, rows: changes.insert },
  ])
  await session.query(statements.dropChanges)
  return {
    inserted: changes.insert,
    updated: changes.update + changes.unmark,
    deleted: changes.missing,
  }
}

/** Whether most of the staged rows change one of the table, by a sample. */
async function mostAreUpdates(
  session: Session,
  statements: MergeStatements,
  stagedRows: number,
): Promise<boolean> {
  if (stagedRows === 0) return false
  const sampledRows = Math.min(SAMPLED_ROWS, stagedRows)
  const { rows } = await session.query<{ update: string }>(
    statements.sampleUpdates((sampledRows / stagedRows) * 100),
  )
  return Number(rows[0]?.update) >= sampledRows / 2
}

/**
 * Writes without having found the changes first, which is to join once instead of twice. Measured for
 * 1,000,000 rows that all differ: 4.8 s of processor time; 5.7 s where changes are counted before, and
 * 6.0 s where they are collected.
 */
async function writeUncounted(
  session: Session,
  { updateAtOnce: update, insertAbsent }: MergeStatements,
  stagedRows: number,
): Promise<WrittenRows> {
  const updated = await writeRows(session, update)
  const inserted = updated === stagedRows ? 0 : await writeRows(session, insertAbsent)
  return { inserted, updated, deleted: 0 }
}

/**
 * Where a count says that nothing but updates is to be done, does them without collecting them first.
 * Undefined where that is not so.
 */
async function updateAtOnce(
  session: Session,
  request: PublishRequest,
  statements: MergeStatements,
): Promise<WrittenRows | undefined> {
  const { insert, update, missing, unmark } = await countsOf(session, statements.countAtOnce)
  if (insert + missing + unmark > 0) return undefined
  await writeSteps(session, request, [{ statement: statements.updateAtOnce, rows: update }])
  return { inserted: 0, updated: update, deleted: 0 }
}

async function countsOf(session: Session, statement: string): Promise<Record<Kind, number>> {
  const { rows } = await session.query<Record<Kind, string>>(statement)
  const count = (kind: Kind) => Number(rows[0]?.[kind])
  return {
    insert: count('insert'),
    update: count('update'),
    missing: count('missing'),
    unmark: count('unmark'),
  }
}

type Kind = 'insert' | 'update' | 'missing' | 'unmark'

function missingRows(request: PublishRequest): MissingRows {
  const { mode, onMissing = 'keep' } = request.target
  if (mode === 'replace') return { kind: 'delete' }
  if (mode === 'replace-interval') {
    return { kind: 'delete-slice', condition: sliceCondition(request, 't') }
  }
  return onMissing === 'mark' ? { kind: 'mark', at: sliceEnd(request) } : { kind: onMissing }
}
