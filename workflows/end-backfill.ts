import { log } from '@temporalio/workflow'
import type { BackfillInput } from '../activities/backfill/backfill-input.ts'
import type { BackfillCounts, BackfillResult } from './backfill-progress.ts'
import { finalFailure } from './final-failure.ts'

/**
 * What a backfill answers whose partitions have ended that way.
 *
 * @throws ApplicationFailure BACKFILL_FAILED where any has failed, with the same in its details
 */
export function endBackfill(
  { definition: { name: pipeline }, planned }: BackfillInput,
  counts: BackfillCounts,
): BackfillResult {
  const { loaded, skipped, failed, failures } = counts
  const left = Math.max(planned - loaded - skipped - failed, 0)
  const result: BackfillResult = { planned, ...counts, left }
  log.info('a backfill has ended', { pipeline, planned, loaded, skipped, failed, left })
  if (failed === 0) return result
  const named = failures.map(({ partition, code }) => `${partition} (${code})`).join(', ')
  const more = failed > failures.length ? ', …' : ''
  const others = `${loaded} loaded, ${skipped} loaded already, ${left} not begun`
  throw finalFailure(
    {
      type: 'BACKFILL_FAILED',
      message: `${failed} of ${planned} partitions failed: ${named}${more} (${others})`,
      remedy:
        'The run of each says why. Then start the backfill again: what is loaded is left as it is.',
    },
    result,
  )
}
