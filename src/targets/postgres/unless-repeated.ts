import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { Session } from './sessions.ts'

/**
 * Runs a body that writes rows of keys that are thought to be there once each. Where a unique index says
 * that they are not, what the body did is undone, and the session's transaction goes on.
 *
 * @returns whether it was done
 */
export async function unlessRepeated(
  session: Session,
  body: () => Promise<unknown>,
): Promise<boolean> {
  await session.query('SAVEPOINT unless_repeated')
  try {
    await body()
  } catch (error) {
    if (!(error instanceof PipelineError) || error.at['sqlState'] !== '23505') throw error
    await session.query('ROLLBACK TO SAVEPOINT unless_repeated')
    return false
  }
  await session.query('RELEASE SAVEPOINT unless_repeated')
  return true
}
