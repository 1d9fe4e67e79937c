import { landingPrefix } from '../../../activities/bucket-layout.ts'
import { findJson } from '../../../activities/json-object.ts'
import { datasetManifest } from '../../../activities/seal-dataset.ts'
import type { ObjectKey } from '../../../codec/index.ts'
import { ordered } from '../../../codec/ordered.ts'
import type { BlobsPlace } from './blobs-place.ts'
import { knownKey } from './known-key.ts'

/** A sealed dataset that an object belongs to, or was made from. */
export interface HoldingDataset {
  readonly pipeline: string
  readonly partition: string
  readonly datasetId: string
  readonly manifestKey: string
  /** `part`: it is one of its parts. `landing`: its parts were made from it. `own`: it lies in its folder. */
  readonly as: 'part' | 'landing' | 'own'
}

const manifestsAtOnce = 8

/**
 * The sealed datasets of the pipeline whose manifests name an object of a dataset, or the landing that
 * it lies in. Reads the manifests of that pipeline.
 *
 * @throws PipelineError OBJECT_UNREADABLE
 */
export async function* datasetHolders(
  { store, signal }: Pick<BlobsPlace, 'store' | 'signal'>,
  key: string,
): AsyncGenerator<HoldingDataset, void> {
  const known = knownKey(key)
  if (known.kind !== 'landing' && known.kind !== 'dataset') return
  const manifests = ordered(
    manifestKeys(store.list(`datasets/${known.pipeline}/`, { signal })),
    manifestsAtOnce,
    async (manifestKey) => ({
      manifestKey,
      manifest: await findJson(store, manifestKey, datasetManifest, { signal }),
    }),
  )
  for await (const { manifestKey, manifest } of manifests) {
    if (manifest === undefined) continue
    const { pipeline, partition, datasetId, parts } = manifest
    const isOwn = key.startsWith(manifestKey.replace(/manifest\.json$/, ''))
    const isPart = parts.some((part) => part.key === key)
    const isLanding = key.startsWith(landingPrefix(manifest))
    if (!isPart && !isLanding && !isOwn) continue
    const as = isPart ? 'part' : isLanding ? 'landing' : 'own'
    yield { pipeline, partition, datasetId, manifestKey, as }
  }
}

async function* manifestKeys(
  listed: ReturnType<BlobsPlace['store']['list']>,
): AsyncGenerator<ObjectKey, void> {
  for await (const { key } of listed) if (key.endsWith('/manifest.json')) yield key
}
