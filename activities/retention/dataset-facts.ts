import type { CallOptions, ObjectStore } from '../../codec/index.ts'
import { manifestKey } from '../bucket-layout.ts'
import { findJson } from '../json-object.ts'
import { readPinnedRun } from '../pinned-run.ts'
import { PipelineError } from '../pipeline-error.ts'
import type { PinnedRun } from '../run-reference.ts'
import { datasetManifest } from '../seal-dataset.ts'
import type { DatasetManifest } from '../reprocess/sealed-dataset.ts'
import type { DatasetFolder } from './dataset-folders.ts'

/** What the objects of a dataset say of it. */
export interface DatasetFacts {
  readonly folder: DatasetFolder
  /** Undefined where its run was not pinned. */
  readonly pinned: PinnedRun | undefined
  /** Undefined where it is not sealed. */
  readonly manifest: DatasetManifest | undefined
  /** Of an object that says nothing that is understood: then either of them may be missing. */
  readonly trouble: PipelineError | undefined
}

/** Reads what a dataset says of itself; what cannot be read is told, not thrown. */
export async function readDatasetFacts(
  store: ObjectStore,
  folder: DatasetFolder,
  options: CallOptions,
): Promise<DatasetFacts> {
  let trouble: PipelineError | undefined
  const read = async <Value>(work: () => Promise<Value>): Promise<Value | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof PipelineError) || error.code !== 'OBJECT_UNREADABLE') throw error
      trouble ??= error
      return undefined
    }
  }
  const pinned = folder.hasDefinition
    ? await read(() => readPinnedRun(store, folder, options))
    : undefined
  const manifest = folder.isSealed
    ? await read(() => findJson(store, manifestKey(folder), datasetManifest, options))
    : undefined
  return { folder, pinned, manifest, trouble }
}

/** Whether the dataset is there for a plan alone, and never was to be loaded. */
export function isPlanOnly({ pinned }: Pick<DatasetFacts, 'pinned'>): boolean {
  return pinned?.reprocessing?.plan === true
}
