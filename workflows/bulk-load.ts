import { CancellationScope, continueAsNew, log, setHandler, uuid4 } from '@temporalio/workflow'
import type { DatasetId } from '../activities/load-target.ts'
import type { Interval, PipelineDefinition } from '../activities/pipeline-definition.ts'
import type { RunReference } from '../activities/run-reference.ts'
import type { LoadStep } from './convert-and-stage.ts'
import { itemsEnded, loadItems, type ItemsState } from './load-items.ts'
import { loadBatches, walkStart, type WalkState } from './load-batches.ts'
import { noProgress, progressQuery, type LoadProgress, type LoadResult } from './load-progress.ts'
import { failureCode } from './failure-code.ts'
import { activityProxies } from './proxies.ts'
import { publishDataset } from './publish-dataset.ts'

export interface BulkLoadInput {
  readonly definition: PipelineDefinition
  readonly partition: string
  readonly interval: Interval
  /** RFC 3339; the client's clock, since a workflow has none of its own. */
  readonly requestedAt: string
  /** Fetch everything again, even what an unpublished run of this partition has landed. */
  readonly refetch: boolean
  /** The dataset whose landing is parsed again; then the source is not asked. */
  readonly fromLandingOf?: DatasetId | undefined
}

/** Where a chain of runs stands; what `continueAsNew` carries over. */
export interface BulkLoadState {
  readonly run: RunReference
  readonly walk: WalkState
  /** Of sources that are made of items. */
  readonly items?: ItemsState | undefined
  readonly progress: LoadProgress
}

/**
 * One pipeline, one partition: fetch, convert and stage batches side by side, seal the dataset,
 * publish it once. The history is the checkpoint: each finished batch is an activity result in it,
 * and a run that has grown long goes on as a new one.
 */
export async function bulkLoad(input: BulkLoadInput, carried?: BulkLoadState): Promise<LoadResult> {
  let progress = carried?.progress ?? noProgress
  setHandler(progressQuery, () => progress)
  const report = (change: Partial<LoadProgress>): void => {
    progress = { ...progress, ...change }
  }

  const { definition } = input
  const activities = activityProxies(definition.limits.attempts)
  const run = carried?.run ?? (await begin())
  const step: LoadStep = { activities, definition, run, progress: () => progress, report }
  let walk = carried?.walk ?? walkStart
  let items = carried?.items
  try {
    if (isMadeOfItems(definition)) {
      items = await loadItems(step, items ?? (await listItems()))
      if (itemsEnded(items)) return await publishDataset(step, progress.batchesFetched)
    } else {
      walk = await loadBatches(step, walk)
      if (walk.ended) return await publishDataset(step, walk.partNumber)
    }
  } catch (error) {
    // What was landed stays, for the next run of this partition.
    const ended = { ...run, failureCode: failureCode(error) }
    await CancellationScope.nonCancellable(() => activities.discardStaging(ended)).catch(
      // The failure that matters is the first one.
      () => log.warn('what was staged is still there', { datasetId: run.datasetId }),
    )
    throw error
  }
  return continueAsNew<typeof bulkLoad>(input, { run, walk, items, progress })

  async function begin(): Promise<RunReference> {
    const datasetId = uuid4() as DatasetId
    const prepared = await activities.prepareLoad({ ...input, datasetId })
    report({ phase: 'loading', storedBytes: prepared.storedBytes })
    return prepared.run
  }

  async function listItems(): Promise<ItemsState> {
    const { itemCount } = await activities.listItems({ run })
    report({ items: itemCount, itemsLoaded: 0 })
    return { itemCount, nextItem: 0 }
  }
}

/** The same from a landing that is there: with columns that were corrected, say. */
export const reprocess: typeof bulkLoad = (input, carried) => bulkLoad(input, carried)

function isMadeOfItems({ source }: PipelineDefinition): boolean {
  return source.kind === 'file' || source.kind === 'postgres'
}
