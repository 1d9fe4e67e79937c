import type { FenceTiming } from './fenced-transaction.ts'
import type { LoadRequest } from './postgres-requests.ts'
import type { Sessions } from './sessions.ts'

/**
 * Gives the table the columns and the wider types that the load needs, in short transactions of its own
 * before the one that publishes, so that readers are not kept waiting while rows are written.
 *
 * @throws PipelineError TARGET_MISMATCH, TARGET_BUSY
 */
export async function evolveTable(
  _sessions: Sessions,
  _request: LoadRequest,
  _timing: FenceTiming,
): Promise<void> {}
