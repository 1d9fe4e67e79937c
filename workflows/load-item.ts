import {
  CancellationScope,
  continueAsNew,
  getExternalWorkflowHandle,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { LandedItem } from '../activities/land-item.ts'
import type { PartsPerItem } from '../activities/landing/part-pages.ts'
import type { RunChain, RunEnd } from '../activities/load-starter.ts'
import type { PipelineDefinition } from '../activities/pipeline-definition.ts'
import type { RunReference } from '../activities/run-reference.ts'
import {
  convertAndStage,
  roomForBatch,
  type ItemDefinition,
  type ItemStep,
} from './convert-and-stage.ts'
import { allHandled, readyToGoOn } from './all-handled.ts'
import { failureOfRun } from './failure-of-run.ts'
import { withInFlight } from './in-flight.ts'
import { endOfFailure } from './item-outcome.ts'
import { handOverSignal, itemEndedSignal, type ItemReport } from './item-report.ts'
import { addFetched } from './load-batches.ts'
import { noProgress, progressQuery, type LoadProgress } from './load-progress.ts'
import { activityProxies } from './proxies.ts'
import { handleControls, type ControlState } from './run-controls.ts'
import { loadDetails, showDetails } from './run-details.ts'
import { firstLook, whileWanted, type NextLook } from './while-wanted.ts'

/** Keeps a run's history small; a batch takes about 3 KB of it. */
const batchesPerRun = 12

/**
 * Parts of one item, so that the numbers of all parts say in which order their rows stand: by item,
 * then by batch. An item that needs more fails, and says so.
 */
const partsPerItem: PartsPerItem = 8192

export interface LoadItemInput {
  readonly definition: ItemDefinition
  readonly run: RunReference
  /** Position among the items, from 0. */
  readonly item: number
  /** The load that it belongs to, which it does not outlive. Absent where its policy sees to that. */
  readonly load?: RunChain | undefined
  /** What was asked of its parent when it began. */
  readonly controls?: ControlState | undefined
}

/** How far the work on an item has come. */
export interface ItemState {
  readonly landed: LandedItem
  readonly nextBatch: number
}

/** Where a chain of runs stands. */
export interface LoadItemState {
  /** Of an item that is landed. */
  readonly state: ItemState | undefined
  readonly progress: LoadProgress
  readonly controls?: ControlState | undefined
  /** Whether its load has gone on as a new run since. */
  readonly handedOver?: boolean | undefined
  readonly nextLook?: NextLook | undefined
}

/** What a load tells its items of its definition: the rest is in the store, and long. */
export function definitionOfItem(definition: PipelineDefinition): ItemDefinition {
  const { name, limits, onReject, transform } = definition
  return { name, limits, onReject, transform: transform && { scope: transform.scope } }
}

/** One file, or one table: lands it, and makes each of its batches a part. Its parent publishes. */
export async function loadItem(
  input: LoadItemInput,
  carried?: LoadItemState,
): Promise<LoadProgress> {
  let progress = carried?.progress ?? { ...noProgress, phase: 'loading' as const }
  const controls = handleControls(carried?.controls ?? input.controls)
  const shown = (): LoadProgress => ({ ...progress, ...controls.shown() })
  setHandler(progressQuery, shown)
  showDetails(() => loadDetails(shown()))
  const { definition, run, item, load } = input
  let handedOver = carried?.handedOver ?? false
  setHandler(handOverSignal, () => {
    handedOver = true
  })
  const step: ItemStep = {
    activities: activityProxies(definition.limits.attempts),
    definition,
    run,
    progress: () => progress,
    report: (change) => {
      progress = { ...progress, ...change }
    },
    controls,
  }
  const nextLook = carried?.nextLook ?? firstLook()
  const work = () => loadItemBatches(step, item, carried?.state)
  let state: ItemState | undefined
  try {
    state = await (load === undefined ? work() : whileWanted(load, step.activities, nextLook, work))
    await allHandled()
    if (state !== undefined && state.nextBatch === state.landed.batches) {
      const loaded = { ...progress, phase: 'done' as const }
      await tellLoad({ kind: 'completed', result: loaded })
      return loaded
    }
    await readyToGoOn()
  } catch (error) {
    const failure = failureOfRun(error)
    await tellLoad(endOfFailure(failure))
    throw failure
  }
  const more = { handedOver, nextLook: load && nextLook }
  return continueAsNew<typeof loadItem>(input, {
    state,
    progress,
    controls: controls.state(),
    ...more,
  })

  /** Its load learns of the end by itself as long as it is the run that began this. */
  async function tellLoad(end: RunEnd): Promise<void> {
    if (load === undefined || !handedOver) return
    const { firstExecutionRunId: runId } = workflowInfo()
    const report: ItemReport = { datasetId: run.datasetId, item, runId, end }
    const handle = getExternalWorkflowHandle(load.workflowId)
    // A load that is gone has nobody to tell.
    await CancellationScope.nonCancellable(() => handle.signal(itemEndedSignal, report)).catch(
      () => undefined,
    )
  }
}

/**
 * Goes on with an item until it is done or the history has grown long; answers nothing where that was so
 * before the item was landed.
 */
export async function loadItemBatches(
  step: ItemStep,
  item: number,
  carried: ItemState | undefined,
): Promise<ItemState | undefined> {
  const { activities, run, progress, report, controls } = step
  let landed = carried?.landed
  if (landed === undefined) {
    if (controls.isPaused() && !(await controls.resumed())) return undefined
    landed = await activities.landItem({ run, item, maxBatches: partsPerItem })
    report(addFetched(progress(), landed, landed.batches))
  }
  const { landedKey: batchKey, batches } = landed
  let nextBatch = carried?.nextBatch ?? 0
  await withInFlight(async (inFlight) => {
    for (let begun = 0; nextBatch < batches && begun < batchesPerRun; begun += 1) {
      if (begun > 0 && workflowInfo().continueAsNewSuggested) break
      if (controls.isPaused() && !(await controls.resumed())) break
      const partNumber = item * partsPerItem + nextBatch
      inFlight.begin(convertAndStage(step, { batchKey, batch: nextBatch, partNumber }))
      nextBatch += 1
      await roomForBatch(step, inFlight)
    }
  })
  return { landed, nextBatch }
}
