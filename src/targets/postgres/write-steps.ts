import { rowsLost } from './expect-rows.ts'
import type { PublishRequest } from './postgres-requests.ts'
import type { Session } from './sessions.ts'

/** One kind of change. */
export interface WriteStep {
  /** A DELETE, UPDATE or INSERT … SELECT that ends in its WHERE clause. */
  readonly statement: string
  /** How many rows it is known to write; without any it is left out. */
  readonly rows: number
}

/**
 * Writes the steps in their order and as one statement: foreign keys of the table on itself or from
 * others are looked at when all is done, and unique indexes see each step as it is done. Of a load that is
 * only planned nothing is written: its counts are known.
 *
 * @throws PipelineError ROWS_LOST when the table did not take what it was given, TARGET_MISMATCH when a
 * foreign key forbids it.
 */
export async function writeSteps(
  session: Session,
  { planOnly = false }: Pick<PublishRequest, 'planOnly'>,
  steps: readonly WriteStep[],
): Promise<void> {
  if (planOnly) return
  const some = steps.filter(({ rows }) => rows > 0)
  const only = some.length === 1 ? some[0] : undefined
  if (some.length === 0) return
  if (only !== undefined) {
    const rowCount = await writeRows(session, only.statement)
    if (rowCount !== only.rows) throw rowsLost('the table', only.rows, rowCount)
    return
  }
  const { rows } = await session.query<{ counts: string[] }>(asOne(some))
  for (const [index, step] of some.entries()) {
    const count = Number(rows[0]?.counts[index])
    if (count !== step.rows) throw rowsLost('the table', step.rows, count)
  }
}

/**
 * Writes rows of which it is not known how many they are.
 *
 * @returns how many they were
 * @throws PipelineError TARGET_MISMATCH when a foreign key forbids it.
 */
export async function writeRows(session: Session, statement: string): Promise<number> {
  return (await session.query(statement)).rowCount
}

/** Each step counts the rows of the one before, which PostgreSQL therefore finishes first. */
function asOne(steps: readonly WriteStep[]): string {
  const parts = steps.map(({ statement }, index) => {
    const after = index === 0 ? '' : ` AND (SELECT count(*) FROM step${index - 1}) IS NOT NULL`
    return `step${index} AS (${statement}${after} RETURNING 1)`
  })
  const counts = steps.map((_, index) => `(SELECT count(*)::text FROM step${index})`)
  return `WITH ${parts.join(',\n')}\nSELECT ARRAY[${counts.join(', ')}] AS counts`
}
