import { CancellationScope, log } from '@temporalio/workflow'
import type { Activities } from '../activities/create-activities.ts'
import type { LoadInput, UpstreamLoaded } from '../activities/load-input.ts'

/**
 * Tells those that come after this load how it ended. Answers who could not be told: what was loaded
 * stays loaded all the same.
 */
export async function tellDependants(
  { notifyDependants }: Pick<Activities, 'notifyDependants'>,
  input: LoadInput,
  outcome: UpstreamLoaded['outcome'],
): Promise<readonly string[]> {
  const { definition, partition, interval, requestedAt, downstream = [], graphs = [] } = input
  const { name: pipeline } = definition
  const next = downstream.filter(({ after = [] }) =>
    after.some((upstream) => upstream.pipeline === pipeline),
  )
  if (next.length === 0 && graphs.length === 0) return []
  const told = { pipeline, partition, interval, outcome, requestedAt, downstream, graphs }
  try {
    const { untold } = await CancellationScope.nonCancellable(() => notifyDependants(told))
    if (untold.length > 0) {
      log.warn('pipelines that come after a load have other slices, and were not told', { untold })
    }
    return untold
  } catch {
    // The last attempt's failure stands in the history.
    const untold = [...next.map(({ name }) => name), ...graphs]
    log.error('those that come after a load were not told of it', { pipeline, untold })
    return untold
  }
}
