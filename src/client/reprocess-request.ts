import { findDatasets } from '../../activities/find-datasets.ts'
import type { DatasetId, PipelineDefinition, Reprocessing } from '../../activities/index.ts'
import type { ObjectStore } from '../../codec/index.ts'
import { CommandError } from '../command-error.ts'
import { withOtherTarget } from '../pipeline/other-target.ts'
import { parsePartition } from '../pipeline/partition.ts'
import { targetPlace } from '../pipeline/target-place.ts'
import type { LoadRequest } from './start-load.ts'

/** What a person asks for, of a pipeline and one of its partitions. */
export interface ReprocessWish {
  readonly definition: PipelineDefinition
  readonly partition: string
  /** @default the newest dataset of the partition; of parts, the newest that is complete */
  readonly dataset?: string | undefined
  readonly from: Reprocessing['from']
  /** Another target of the pipeline's kind and mode. @default the pipeline's */
  readonly target?: string | undefined
  /** Whether only to say what would change. */
  readonly plan: boolean
}

/** Of the run that is to do so. */
export interface RequestedReprocessing extends Pick<LoadRequest, 'definition' | 'partition'> {
  readonly reprocessing: Reprocessing
}

/**
 * Finds the dataset that is meant, and says how a run is to make or load it again.
 *
 * @throws CommandError PARTITION_INVALID, TARGET_INVALID, DATASET_NOT_FOUND
 */
export async function reprocessRequest(
  store: ObjectStore,
  wish: ReprocessWish,
): Promise<RequestedReprocessing> {
  const { from, plan } = wish
  const { name: partition } = parsePartition(wish.partition, wish.definition.schedule?.timezone)
  const definition =
    wish.target === undefined ? wish.definition : withOtherTarget(wish.definition, wish.target)
  const datasetId = await chooseDataset(store, { ...wish, partition })
  const elsewhere = targetPlace(definition.target) !== targetPlace(wish.definition.target)
  const more = { ...(elsewhere ? { elsewhere } : {}), ...(plan ? { plan } : {}) }
  return { definition, partition, reprocessing: { datasetId, from, ...more } }
}

async function chooseDataset(
  store: ObjectStore,
  { definition, partition, dataset, from }: ReprocessWish,
): Promise<DatasetId> {
  const place = { pipeline: definition.name, partition }
  const datasets = await findDatasets(store, place)
  const usable = from === 'parts' ? datasets.filter(({ isSealed }) => isSealed) : datasets
  const chosen =
    dataset === undefined ? usable.at(-1) : usable.find(({ datasetId }) => datasetId === dataset)
  if (chosen !== undefined) return chosen.datasetId
  const isUnsealed =
    dataset === undefined
      ? datasets.length > 0
      : datasets.some(({ datasetId }) => datasetId === dataset)
  throw new CommandError(
    'DATASET_NOT_FOUND',
    isUnsealed
      ? 'the run that made the dataset did not complete it, and so it has no parts to load'
      : 'the partition has no such dataset',
    {
      at: place,
      remedy: isUnsealed
        ? 'Make it again from what was landed: `--from landing`.'
        : 'Load it with `claimcheck run`; a dataset is found by the partition as it was written.',
    },
  )
}
