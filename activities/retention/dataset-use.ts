import type { DatasetId } from '../load-target.ts'
import type { TargetDefinition } from '../pipeline-definition.ts'

/** Whether runs still need what was made of a partition, as the servers have it at that moment. */
export type PartitionUse =
  /** @param workflowId of the run */
  | { readonly kind: 'open'; readonly workflowId: string }
  /** @param endedAt when the last of its runs ended; undefined where the servers know of none any more */
  | { readonly kind: 'ended'; readonly endedAt: Date | undefined }

export interface PartitionRuns {
  /**
   * Looks for open runs of a partition: its own load, and those that make one of its datasets again.
   * Answers only what is certain.
   *
   * @throws CodedError or the client's own error where a server cannot be asked
   */
  partitionUse(request: {
    readonly pipeline: string
    readonly partition: string
    /** All that have objects in the store. */
    readonly datasetIds: readonly DatasetId[]
    readonly signal: AbortSignal
  }): Promise<PartitionUse>
}

/** A dataset that was applied to a target, by the target's own record. */
export interface DatasetLoad {
  readonly datasetId: DatasetId
  /** As people know it: a table, or a prefix of files. */
  readonly target: string
  readonly loadedAt: Date
}

export interface LoadedDataset {
  readonly datasetId: DatasetId
  /** What its run was to load. */
  readonly target: TargetDefinition
}

export interface DatasetLoads {
  /**
   * The loads of these datasets.
   *
   * @throws CodedError where a target, or the catalog of the database, cannot be asked
   */
  findLoads(request: {
    readonly datasets: readonly LoadedDataset[]
    readonly signal: AbortSignal
  }): Promise<readonly DatasetLoad[]>
}

/** Of each target the dataset that was loaded into it last. */
export function loadedLast(loads: readonly DatasetLoad[]): ReadonlySet<DatasetId> {
  const newest = new Map<string, DatasetLoad>()
  for (const load of loads) {
    const before = newest.get(load.target)
    if (before === undefined || load.loadedAt > before.loadedAt) newest.set(load.target, load)
  }
  return new Set([...newest.values()].map(({ datasetId }) => datasetId))
}
