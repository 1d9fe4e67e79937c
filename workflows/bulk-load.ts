import {
  CancellationScope,
  continueAsNew,
  defineQuery,
  log,
  setHandler,
  uuid4,
} from '@temporalio/workflow'
import type { DatasetId } from '../activities/load-target.ts'
import type { Interval, PipelineDefinition } from '../activities/pipeline-definition.ts'
import type { RunReference } from '../activities/run-reference.ts'
import { loadBatches, type WalkState } from './load-batches.ts'
import { noProgress, type LoadProgress, type LoadResult } from './load-progress.ts'
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
}

/** Where a chain of runs stands; what `continueAsNew` carries over. */
export interface BulkLoadState {
  readonly run: RunReference
  readonly walk: WalkState
  readonly progress: LoadProgress
}

export const progressQuery = defineQuery<LoadProgress>('progress')

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
  let walk: WalkState
  try {
    walk = await loadBatches({
      activities,
      run,
      definition,
      walk: carried?.walk ?? {
        pageNumber: 0,
        partNumber: 0,
        cursor: null,
        anchor: null,
        ended: false,
      },
      progress: () => progress,
      report,
    })
    if (walk.ended) {
      return await publishDataset({ activities, run, walk, progress: () => progress, report })
    }
  } catch (error) {
    // What was landed stays, for the next run of this partition.
    await CancellationScope.nonCancellable(() => activities.discardStaging(run)).catch(
      // The failure that matters is the first one.
      () => log.warn('what was staged is still there', { datasetId: run.datasetId }),
    )
    throw error
  }
  return continueAsNew<typeof bulkLoad>(input, { run, walk, progress })

  async function begin(): Promise<RunReference> {
    const datasetId = uuid4() as DatasetId
    const prepared = await activities.prepareLoad({ ...input, datasetId })
    report({ phase: 'loading', storedBytes: prepared.storedBytes })
    return prepared.run
  }
}
