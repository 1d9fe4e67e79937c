import { CancellationScope, log, patched, uuid4 } from '@temporalio/workflow'
import type { LoadInput } from '../activities/load-input.ts'
import type { DatasetId } from '../activities/load-target.ts'
import type { PipelineDefinition } from '../activities/pipeline-definition.ts'
import type { PreparedLoad } from '../activities/prepare-load.ts'
import type { RunReference } from '../activities/run-reference.ts'
import { readyToGoOn } from './all-handled.ts'
import type { LoadStep } from './convert-and-stage.ts'
import { failureCode } from './failure-code.ts'
import { failureOfRun } from './failure-of-run.ts'
import { throwFailedItems } from './failed-items.ts'
import { itemsEnded, loadItems, type ItemsState } from './load-items.ts'
import { loadBatches, walkStart, type WalkState } from './load-batches.ts'
import { partsEnded, publishParts, stageParts, type PartsState } from './load-parts.ts'
import type { LoadResult } from './load-progress.ts'
import { planId } from './plan-id.ts'
import { publishDataset } from './publish-dataset.ts'

/** Stands in the catalog for a dataset that another one took the place of before it was sealed. */
const columnsOutgrown = 'COLUMNS_OUTGROWN'

/** How far a load has come. */
export interface SliceState {
  readonly run: RunReference
  readonly walk: WalkState
  /** Of sources that are made of items. */
  readonly items?: ItemsState | undefined
  /** Of a sealed dataset that is loaded again. */
  readonly parts?: PartsState | undefined
}

export type SliceEnd =
  | { readonly kind: 'loaded'; readonly result: LoadResult }
  /** Fields have come that need columns: it is made again, from the landing of this dataset. */
  | { readonly kind: 'outgrown'; readonly datasetId: DatasetId }
  /** The history has grown long. */
  | { readonly kind: 'unfinished'; readonly state: Partial<SliceState> }

/**
 * Fetches, converts and stages batches side by side, seals the dataset and publishes it once; or goes as
 * far as the history allows. What was staged is removed where that fails; what was landed stays.
 */
export async function loadSlice(
  common: Omit<LoadStep, 'run'>,
  input: LoadInput,
  carried: Partial<SliceState> = {},
): Promise<SliceEnd> {
  const { activities, definition, progress, report, controls } = common
  if (carried.run === undefined && controls.isPaused() && !(await controls.resumed())) {
    return { kind: 'unfinished', state: {} }
  }
  const planOnly = input.reprocessing?.plan === true
  let { items, parts, walk = walkStart } = carried
  const run = carried.run ?? (await begin())
  const step: LoadStep = { ...common, run, planOnly }
  let hasEnded: boolean
  try {
    if (parts !== undefined) {
      parts = await stageParts(step, parts)
      hasEnded = partsEnded(parts)
    } else if (isMadeOfItems(definition)) {
      items = await loadItems(step, items ?? (await listItems()))
      hasEnded = itemsEnded(items)
      if (hasEnded) throwFailedItems(items.failed)
    } else {
      walk = await loadBatches(step, walk)
      hasEnded = walk.ended
    }
    if (hasEnded && controls.isPaused()) hasEnded = await controls.resumed()
    if (hasEnded && progress().undeclaredFields === undefined) {
      const result = await publish()
      if (planOnly) await discard()
      return { kind: 'loaded', result }
    }
    if (hasEnded) await activities.discardStaging({ ...run, failureCode: columnsOutgrown })
    await readyToGoOn()
  } catch (error) {
    const failure = failureOfRun(error)
    await discard(failureCode(failure))
    throw failure
  }
  return hasEnded
    ? { kind: 'outgrown', datasetId: run.datasetId }
    : { kind: 'unfinished', state: { run, walk, items, parts } }

  function publish(): Promise<LoadResult> {
    if (parts !== undefined) return publishParts(step)
    const convertedParts = isMadeOfItems(definition) ? progress().batchesFetched : walk.partNumber
    return publishDataset(step, convertedParts)
  }

  /** What was landed stays, for the next run of this partition. */
  function discard(code?: string): Promise<void> {
    return tidyUp(run.datasetId, () =>
      planOnly
        ? activities.discardPlan({ run, fromLandingOf: input.fromLandingOf })
        : activities.discardStaging({ ...run, failureCode: code }),
    )
  }

  async function begin(): Promise<RunReference> {
    const datasetId = planOnly ? planId() : (uuid4() as DatasetId)
    try {
      const prepared = await prepare(datasetId)
      report({ phase: 'loading', storedBytes: prepared.storedBytes })
      return prepared.run
    } catch (error) {
      const failure = failureOfRun(error)
      // Runs that an earlier version began left it at that.
      if (patched('failed-prepare')) await abandon(datasetId, failureCode(failure))
      throw failure
    }
  }

  /** The catalog may have heard of the run, and the store of the plan. */
  function abandon(datasetId: DatasetId, code: string | undefined): Promise<void> {
    const { partition, fromLandingOf } = input
    const unprepared = { pipeline: definition.name, partition, datasetId }
    return tidyUp(datasetId, () =>
      planOnly
        ? activities.discardPlan({ run: unprepared, fromLandingOf })
        : activities.abandonRun({ definition, datasetId, failureCode: code }),
    )
  }

  async function prepare(datasetId: DatasetId): Promise<PreparedLoad> {
    const { partition, interval, requestedAt, refetch } = input
    const { fromLandingOf, inOrder, reprocessing } = input
    if (reprocessing?.from === 'parts') {
      const told = { definition, partition, requestedAt, datasetId, reprocessing }
      const { partCount, rowCount, rejectCount, ...prepared } = await activities.prepareParts(told)
      parts = { partCount, nextPart: 0 }
      report({ rows: rowCount, rejects: rejectCount })
      return prepared
    }
    return activities.prepareLoad({
      definition,
      partition,
      interval,
      requestedAt,
      refetch,
      inOrder,
      fromLandingOf,
      reprocessing,
      datasetId,
    })
  }

  async function listItems(): Promise<ItemsState> {
    const { itemCount } = await activities.listItems({ run })
    report({ items: itemCount, itemsLoaded: 0 })
    return { itemCount, nextItem: 0 }
  }
}

/** Whatever becomes of it, the failure that matters is another one. */
async function tidyUp(datasetId: DatasetId, work: () => Promise<void>): Promise<void> {
  await CancellationScope.nonCancellable(work).catch(() =>
    log.warn('what was staged is still there', { datasetId }),
  )
}

function isMadeOfItems({ source }: PipelineDefinition): boolean {
  return source.kind === 'file' || source.kind === 'postgres'
}
