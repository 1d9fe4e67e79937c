import {
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  log,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { LoadInput } from '../activities/load-input.ts'
import type { PipelineDefinition } from '../activities/pipeline-definition.ts'
import { allHandled, readyToGoOn } from './all-handled.ts'
import { finalFailure } from './final-failure.ts'
import {
  graphLoads,
  graphProgressQuery,
  type GraphOutcomes,
  type GraphProgress,
  type GraphResult,
} from './graph-progress.ts'
import { upstreamLoadedSignal } from './hear-upstreams.ts'
import { partitionWorkflowId } from './partition-workflow-id.ts'
import { activityProxies } from './proxies.ts'
import { readOutcome } from './read-outcome.ts'
import { pauseSignal, resumeSignal } from './run-controls.ts'
import { graphDetails, showDetails } from './run-details.ts'

export interface DailyGraphInput {
  readonly name: string
  readonly partition: string
  /** RFC 3339; the client's clock. */
  readonly requestedAt: string
  readonly loads: readonly LoadInput[]
  /** The pipelines that come after any of them, in the graph or not. */
  readonly downstream: readonly PipelineDefinition[]
}

/** Where a chain of runs stands; what `continueAsNew` carries over. */
export interface DailyGraphState {
  readonly outcomes: GraphOutcomes
  readonly lookMs: number
}

type Control = typeof pauseSignal | typeof resumeSignal

const attempts = 20

/** A load that was ended by force tells nobody: it is looked after in growing intervals. */
const firstLookMs = 15_000
const longestLookMs = 60_000

/**
 * Many pipelines of one partition: starts all of them, each to wait for those it comes after, and waits
 * until each has told how it ended. Those that are loaded are left as they are. Loads go on by
 * themselves: to cancel the graph stops only the waiting for them.
 */
export async function dailyGraph(
  input: DailyGraphInput,
  carried?: DailyGraphState,
): Promise<GraphResult> {
  const { name, partition, loads, downstream } = input
  const pipelines = loads.map(({ definition }) => definition.name)
  let outcomes: GraphOutcomes = carried?.outcomes ?? {}
  let lookMs = carried?.lookMs ?? firstLookMs
  const shown = (): GraphProgress => ({ partition, loads: graphLoads(loads, outcomes) })
  setHandler(graphProgressQuery, shown)
  showDetails(() => graphDetails(shown()))
  setHandler(upstreamLoadedSignal, (told) => {
    const loaded = readOutcome(told)
    const isOurs = loaded?.partition === partition && pipelines.includes(loaded.pipeline)
    if (loaded === undefined || !isOurs) {
      log.warn('a signal that is not for this graph was ignored', { signal: 'upstreamLoaded' })
      return
    }
    outcomes = { ...outcomes, [loaded.pipeline]: loaded.outcome }
  })
  const unheard = (): string[] => pipelines.filter((pipeline) => outcomes[pipeline] === undefined)
  const tellLoads = async (signal: Control): Promise<void> => {
    await Promise.all(
      unheard().map((pipeline) =>
        getExternalWorkflowHandle(partitionWorkflowId(pipeline, partition))
          .signal(signal)
          // One that has just ended needs to hear nothing.
          .catch(() => undefined),
      ),
    )
  }
  let haveStarted = carried !== undefined
  let askedBefore: Control | undefined
  for (const signal of [pauseSignal, resumeSignal]) {
    setHandler(signal, () => {
      if (!haveStarted) askedBefore = signal
      return tellLoads(signal)
    })
  }

  const { startLoads, lookUpLoads } = activityProxies(attempts)
  /** What was told stands, unless a load has since been loaded after all. */
  const learn = (found: GraphOutcomes): void => {
    for (const [pipeline, outcome] of Object.entries(found)) {
      if (outcomes[pipeline] === undefined || outcome === 'loaded') {
        outcomes = { ...outcomes, [pipeline]: outcome }
      }
    }
  }
  if (carried === undefined) {
    const graph = workflowInfo().workflowId
    learn(await startLoads({ graph, partition, loads, downstream }))
    haveStarted = true
    // Those that were not there yet have not heard it.
    if (askedBefore !== undefined) await tellLoads(askedBefore)
  }
  const isLong = (): boolean => workflowInfo().continueAsNewSuggested
  while (unheard().length > 0) {
    if (isLong()) {
      await readyToGoOn()
      return continueAsNew<typeof dailyGraph>(input, { outcomes, lookMs })
    }
    if (await condition(() => unheard().length === 0 || isLong(), lookMs)) continue
    learn(await lookUpLoads({ pipelines: unheard(), partition }))
    lookMs = Math.min(lookMs * 2, longestLookMs)
  }
  // One that failed first may have been loaded by hand since.
  const failedOnes = pipelines.filter((pipeline) => outcomes[pipeline] === 'failed')
  if (failedOnes.length > 0) learn(await lookUpLoads({ pipelines: failedOnes, partition }))
  await allHandled()
  return summarise(name, partition, graphLoads(loads, outcomes))
}

/** @throws ApplicationFailure GRAPH_FAILED */
function summarise(name: string, partition: string, loads: GraphResult['loads']): GraphResult {
  const of = (state: string): string[] =>
    Object.keys(loads).filter((pipeline) => loads[pipeline] === state)
  const failed = of('failed')
  const [loaded, skipped] = [of('loaded').length, of('skipped').length]
  log.info('a graph has ended', { name, partition, loaded, skipped, failed: failed.length })
  if (failed.length === 0) return { partition, loads, loaded, skipped }
  throw finalFailure({
    type: 'GRAPH_FAILED',
    message: `${failed.length} of ${Object.keys(loads).length} pipelines failed: ${failed.join(', ')} (${loaded} loaded, ${skipped} skipped)`,
    remedy:
      'The run of each says why. Then start the graph again: what is loaded is left as it is.',
  })
}
