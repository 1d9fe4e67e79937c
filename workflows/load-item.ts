import { continueAsNew, setHandler, workflowInfo } from '@temporalio/workflow'
import type { LandedItem } from '../activities/land-item.ts'
import type { PipelineDefinition } from '../activities/pipeline-definition.ts'
import type { RunReference } from '../activities/run-reference.ts'
import { convertAndStage, type LoadStep } from './convert-and-stage.ts'
import { allHandled } from './all-handled.ts'
import { withInFlight } from './in-flight.ts'
import { addFetched } from './load-batches.ts'
import { noProgress, progressQuery, type LoadProgress } from './load-progress.ts'
import { activityProxies } from './proxies.ts'
import { handleControls, type ControlState } from './run-controls.ts'

/** Keeps a run's history small; a batch takes about 3 KB of it. */
const batchesPerRun = 12

/**
 * Parts of one item, so that the numbers of all parts say in which order their rows stand: by item,
 * then by batch. An item that needs more fails, and says so.
 */
const partsPerItem = 8192

export interface LoadItemInput {
  readonly definition: PipelineDefinition
  readonly run: RunReference
  /** Position among the items, from 0. */
  readonly item: number
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
}

/** One file, or one table: lands it, and makes each of its batches a part. Its parent publishes. */
export async function loadItem(
  input: LoadItemInput,
  carried?: LoadItemState,
): Promise<LoadProgress> {
  let progress = carried?.progress ?? { ...noProgress, phase: 'loading' as const }
  const controls = handleControls(carried?.controls ?? input.controls)
  setHandler(progressQuery, () => ({ ...progress, ...controls.shown() }))
  const { definition, run, item } = input
  const step: LoadStep = {
    activities: activityProxies(definition.limits.attempts),
    definition,
    run,
    progress: () => progress,
    report: (change) => {
      progress = { ...progress, ...change }
    },
    controls,
  }
  const state = await loadItemBatches(step, item, carried?.state)
  await allHandled()
  if (state !== undefined && state.nextBatch === state.landed.batches) {
    return { ...progress, phase: 'done' }
  }
  return continueAsNew<typeof loadItem>(input, { state, progress, controls: controls.state() })
}

/**
 * Goes on with an item until it is done or the history has grown long; answers nothing where that was so
 * before the item was landed.
 */
export async function loadItemBatches(
  step: LoadStep,
  item: number,
  carried: ItemState | undefined,
): Promise<ItemState | undefined> {
  const { activities, definition, run, progress, report, controls } = step
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
      await inFlight.room(
        () => controls.limits(definition.limits).batchesInFlight,
        controls.changed,
      )
    }
  })
  return { landed, nextBatch }
}
