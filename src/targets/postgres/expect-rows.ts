import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { Session } from './sessions.ts'

/**
 * Runs a statement that is known to write so many rows.
 *
 * @throws PipelineError ROWS_LOST when it wrote another number.
 */
export async function expectRows(
  session: Session,
  where: string,
  statement: string,
  expected: number,
): Promise<void> {
  const { rowCount } = await session.query(statement)
  if (rowCount !== expected) throw rowsLost(where, expected, rowCount)
}

export function rowsLost(where: string, expected: number, actual: number): PipelineError {
  return new PipelineError(
    'ROWS_LOST',
    `Expected ${expected} rows in ${where} and counted ${actual}; nothing was loaded`,
    { remedy: 'Look for triggers or rules of the table that drop or add rows.' },
  )
}
