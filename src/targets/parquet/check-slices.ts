import type { Interval } from '../../../activities/pipeline-definition.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { targetPlace } from '../../pipeline/target-place.ts'
import { loadManifest } from './load-manifest.ts'
import type { LoadRequest } from './parquet-requests.ts'
import type { TargetBucket } from './target-bucket.ts'
import { manifestName, manifestsFolder, wholeName } from './target-layout.ts'
import { widestInterval } from './widest-interval.ts'

/**
 * Checks that the load would not stand beside rows of its own slice: what is published was so in the
 * same mode, and no slice with another name overlaps.
 *
 * @throws PipelineError TARGET_MISMATCH, INTERVAL_LOADED
 */
export async function checkSlices(
  bucket: TargetBucket,
  { target, partition, interval }: Pick<LoadRequest, 'target' | 'partition' | 'interval'>,
): Promise<void> {
  for await (const { key } of bucket.list(manifestsFolder(target))) {
    const name = manifestName(target, key)
    if ((name === wholeName) !== (target.mode === 'replace')) throw otherMode()
    if (name === wholeName || name === partition) continue
    const widest = widestInterval(name)
    if (widest !== undefined && !overlap(interval, widest)) continue
    const other = await bucket.findJson(key, loadManifest)
    if (other !== undefined && overlap(interval, other.value.interval)) throw loaded(name)
  }

  function otherMode(): PipelineError {
    return new PipelineError('TARGET_MISMATCH', 'what is published was loaded in another mode', {
      at: { path: targetPlace(target) },
      remedy: 'Load under another prefix, or remove what is beneath this one.',
    })
  }

  function loaded(name: string): PipelineError {
    const message = `a slice that overlaps this one is published: ${name}`
    return new PipelineError('INTERVAL_LOADED', message, {
      at: { path: targetPlace(target) },
      remedy:
        'Load slices that are the same or apart. To cut slices anew, delete the manifests of the old ones, then the files that they name.',
    })
  }
}

export function overlap(one: Interval, other: Interval): boolean {
  return (
    Date.parse(one.start) < Date.parse(other.end) && Date.parse(other.start) < Date.parse(one.end)
  )
}
