import type { DatasetId } from '../../../activities/load-target.ts'
import { discardStaged } from './discard-staged.ts'
import type { Sessions } from './sessions.ts'
import { verifyTiming } from './stage-anew.ts'
import { STAGING_SCHEMA } from './staging-table.ts'
import { verifyIdPattern, verifyIdTimeMs } from './verify-id.ts'

/** Nobody compares for longer. */
const maxAgeMs = 24 * 60 * 60 * 1000

/** Removes what comparisons have staged that were killed, and so could not tidy up. */
export async function sweepVerifyStaging(
  sessions: Sessions,
  nowMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { rows } = await sessions.transaction('claimcheck loads', signal, (session) =>
    session.query<{ id: DatasetId }>(
      `SELECT substr(relname, 3)::uuid::text AS id FROM pg_class
        WHERE relnamespace = $1::regnamespace AND relkind = 'r' AND relname ~ $2
          AND pg_has_role(relowner, 'USAGE')`,
      [STAGING_SCHEMA, `^d_${verifyIdPattern}$`],
    ),
  )
  for (const { id } of rows) {
    if (nowMs - verifyIdTimeMs(id) < maxAgeMs) continue
    await discardStaged(sessions, { datasetId: id, signal }, verifyTiming)
  }
}
