import { CancellationScope, ContinueAsNew, continueAsNew, setHandler } from '@temporalio/workflow'
import type { LoadInput } from '../activities/load-input.ts'
import { hearUpstreams, type HeardState } from './hear-upstreams.ts'
import { allHandled, readyToGoOn } from './all-handled.ts'
import { failureOfRun } from './failure-of-run.ts'
import { loadSlice, type SliceState } from './load-slice.ts'
import {
  noProgress,
  progressQuery,
  skippedResult,
  type LoadProgress,
  type LoadResult,
} from './load-progress.ts'
import { activityProxies } from './proxies.ts'
import { handleControls, type ControlState } from './run-controls.ts'
import { loadDetails, showDetails } from './run-details.ts'
import { tellDependants } from './tell-dependants.ts'

/** Where a chain of runs stands; what `continueAsNew` carries over. */
export interface BulkLoadState extends Partial<SliceState> {
  readonly progress?: LoadProgress | undefined
  readonly controls?: ControlState | undefined
  /** Of a run that still waits. */
  readonly heard?: HeardState | undefined
}

/**
 * One pipeline, one partition: waits for what has to come before, loads the slice, and tells those that
 * come after it how that ended. The history is the checkpoint: each finished batch is an activity result
 * in it, and a run that has grown long goes on as a new one.
 */
export async function bulkLoad(input: LoadInput, carried?: BulkLoadState): Promise<LoadResult> {
  let progress = carried?.progress ?? noProgress
  const report = (change: Partial<LoadProgress>): void => {
    progress = { ...progress, ...change }
  }
  const controls = handleControls(carried?.controls)
  const upstreams = hearUpstreams(input, carried?.heard)
  const shown = (): LoadProgress => ({
    ...progress,
    ...controls.shown(),
    ...(progress.phase === 'waiting' ? { waitingFor: upstreams.waitingFor() } : {}),
  })
  setHandler(progressQuery, shown)
  showDetails(() => loadDetails(shown()))

  const { definition } = input
  const activities = activityProxies(definition.limits.attempts)
  try {
    const hasBegun = carried?.run !== undefined || input.waitsFor === undefined
    if (!hasBegun) {
      report({ phase: 'waiting' })
      const end = await upstreams.wait(activities)
      if (end === 'skip') {
        const skipped = { ...skippedResult, ...(await told('skipped')) }
        return mayYetBegin() ? await goOn({}) : skipped
      }
      if (end === 'too-long') return await goOn({})
      report({ phase: 'preparing' })
    }
    const step = { activities, definition, progress: () => progress, report, controls }
    // Who lets it wait no more wants just this slice.
    const inOrder = input.inOrder === true && !upstreams.isForced()
    const end = await loadSlice(step, { ...input, inOrder }, carried)
    if (end.kind === 'loaded') return { ...end.result, ...(await told('loaded')) }
    if (end.kind === 'outgrown') {
      // With columns for all that has come, from what was landed: the source is not asked again.
      const { waitsFor: _, ...rest } = input
      const again = { ...rest, inOrder, fromLandingOf: end.datasetId }
      return await continueAsNew<typeof bulkLoad>(again, { controls: controls.state() })
    }
    return await goOn(end.state)
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error
    const failure = failureOfRun(error)
    await told('failed')
    if (mayYetBegin()) return goOn({})
    throw failure
  }

  /** What it had given up may have come while it told others of that: nobody would tell it again. */
  function mayYetBegin(): boolean {
    const isCancelled = CancellationScope.current().consideredCancelled
    return progress.phase === 'waiting' && upstreams.mayBegin() && !isCancelled
  }

  async function goOn(state: Partial<SliceState>): Promise<never> {
    await readyToGoOn()
    return continueAsNew<typeof bulkLoad>(input, {
      ...state,
      progress,
      controls: controls.state(),
      heard: state.run === undefined ? upstreams.state() : undefined,
    })
  }

  async function told(
    outcome: 'loaded' | 'failed' | 'skipped',
  ): Promise<Pick<LoadResult, 'untold'>> {
    const untold = await tellDependants(activities, input, outcome)
    await allHandled()
    return untold.length > 0 ? { untold } : {}
  }
}
