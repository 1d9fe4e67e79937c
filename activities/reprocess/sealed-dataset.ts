import type { z } from 'zod'
import type { CallOptions, ObjectStore } from '../../codec/index.ts'
import { definitionKey, manifestKey, type DatasetPlace } from '../bucket-layout.ts'
import { findJson } from '../json-object.ts'
import { findPinnedRun } from '../pinned-run.ts'
import { PipelineError } from '../pipeline-error.ts'
import type { PinnedRun } from '../run-reference.ts'
import { datasetManifest } from '../seal-dataset.ts'

export type DatasetManifest = z.infer<typeof datasetManifest>

/**
 * The manifest of a dataset whose parts are to be loaded again.
 *
 * @throws PipelineError PART_DAMAGED where it is not there: the run that made the dataset did not end well,
 * or the dataset was deleted
 */
export async function readSealedManifest(
  store: ObjectStore,
  dataset: DatasetPlace,
  options: CallOptions,
): Promise<DatasetManifest> {
  const key = manifestKey(dataset)
  const manifest = await findJson(store, key, datasetManifest, options)
  if (manifest !== undefined) return manifest
  throw damaged(store, [{ key, problem: 'is not in the store' }])
}

/** What the run that made a dataset was told to do. @throws PipelineError PART_DAMAGED */
export async function readPinnedDataset(
  store: ObjectStore,
  dataset: DatasetPlace,
  options: CallOptions,
): Promise<PinnedRun> {
  const pinned = await findPinnedRun(store, dataset, options)
  if (pinned !== undefined) return pinned
  throw damaged(store, [{ key: definitionKey(dataset), problem: 'is not in the store' }])
}

export interface DamagedPart {
  readonly key: string
  readonly problem: string
}

const mostNamed = 5

/** Says which objects of a dataset are not what was sealed. */
export function damaged(store: ObjectStore, found: readonly DamagedPart[]): PipelineError {
  const named = found.slice(0, mostNamed).map(({ key, problem }) => `${key} ${problem}`)
  const more = found.length > mostNamed ? `; and ${found.length - mostNamed} more` : ''
  return new PipelineError(
    'PART_DAMAGED',
    `the dataset is not what was sealed, and nothing was loaded: ${named.join('; ')}${more}`,
    {
      at: { bucket: store.bucket },
      remedy:
        'Restore these objects; or make the dataset again from what was landed: `claimcheck reprocess` with `--from landing`.',
    },
  )
}
