import { CancellationScope, log, uuid4 } from '@temporalio/workflow'
import type { LoadInput } from '../activities/load-input.ts'
import type { DatasetId } from '../activities/load-target.ts'
import type { PipelineDefinition } from '../activities/pipeline-definition.ts'
import type { RunReference } from '../activities/run-reference.ts'
import type { LoadStep } from './convert-and-stage.ts'
import { failureCode } from './failure-code.ts'
import { throwFailedItems } from './failed-items.ts'
import { itemsEnded, loadItems, type ItemsState } from './load-items.ts'
import { loadBatches, walkStart, type WalkState } from './load-batches.ts'
import type { LoadResult } from './load-progress.ts'
import { publishDataset } from './publish-dataset.ts'

/** Stands in the catalog for a dataset that another one took the place of before it was sealed. */
const columnsOutgrown = 'COLUMNS_OUTGROWN'

/** How far a load has come. */
export interface SliceState {
  readonly run: RunReference
  readonly walk: WalkState
  /** Of sources that are made of items. */
  readonly items?: ItemsState | undefined
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
  const run = carried.run ?? (await begin())
  const step: LoadStep = { ...common, run }
  let walk = carried.walk ?? walkStart
  let { items } = carried
  let hasEnded: boolean
  try {
    if (isMadeOfItems(definition)) {
      items = await loadItems(step, items ?? (await listItems()))
      hasEnded = itemsEnded(items)
      if (hasEnded) throwFailedItems(items.failed)
    } else {
      walk = await loadBatches(step, walk)
      hasEnded = walk.ended
    }
    if (hasEnded && controls.isPaused()) hasEnded = await controls.resumed()
    if (hasEnded && progress().undeclaredFields === undefined) {
      const parts = isMadeOfItems(definition) ? progress().batchesFetched : walk.partNumber
      return { kind: 'loaded', result: await publishDataset(step, parts) }
    }
    if (hasEnded) await activities.discardStaging({ ...run, failureCode: columnsOutgrown })
  } catch (error) {
    // What was landed stays, for the next run of this partition.
    const ended = { ...run, failureCode: failureCode(error) }
    await CancellationScope.nonCancellable(() => activities.discardStaging(ended)).catch(
      // The failure that matters is the first one.
      () => log.warn('what was staged is still there', { datasetId: run.datasetId }),
    )
    throw error
  }
  return hasEnded
    ? { kind: 'outgrown', datasetId: run.datasetId }
    : { kind: 'unfinished', state: { run, walk, items } }

  async function begin(): Promise<RunReference> {
    const datasetId = uuid4() as DatasetId
    const { definition: pinned, partition, interval, requestedAt, refetch, fromLandingOf } = input
    const prepared = await activities.prepareLoad({
      definition: pinned,
      partition,
      interval,
      requestedAt,
      refetch,
      fromLandingOf,
      datasetId,
    })
    report({ phase: 'loading', storedBytes: prepared.storedBytes })
    return prepared.run
  }

  async function listItems(): Promise<ItemsState> {
    const { itemCount } = await activities.listItems({ run })
    report({ items: itemCount, itemsLoaded: 0 })
    return { itemCount, nextItem: 0 }
  }
}

function isMadeOfItems({ source }: PipelineDefinition): boolean {
  return source.kind === 'file' || source.kind === 'postgres'
}
