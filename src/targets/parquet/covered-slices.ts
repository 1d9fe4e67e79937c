import {
  coveredBy,
  coveredByLatest,
  type LoadedSlice,
} from '../../../activities/partition/covered-by.ts'
import type { ObjectKey } from '../../../codec/index.ts'
import { loadManifest } from './load-manifest.ts'
import type { CoverageRequest } from './parquet-requests.ts'
import type { TargetBucket } from './target-bucket.ts'
import { manifestKey, manifestName, manifestsFolder, wholeName } from './target-layout.ts'
import { widestInterval } from './widest-interval.ts'

/** Manifests that are read side by side. */
const readAtOnce = 8

/** The slices that a published manifest covers. */
export async function findCoveredSlices(
  bucket: TargetBucket,
  { target, pipeline, slices }: CoverageRequest,
): Promise<ReadonlySet<string>> {
  if (slices.length === 0) return new Set()
  if (target.mode === 'replace') {
    const whole = await readLoad(bucket, manifestKey(target, wholeName), pipeline)
    return coveredByLatest(slices, whole === undefined ? [] : [whole])
  }
  const keys: ObjectKey[] = []
  for await (const { key } of bucket.list(manifestsFolder(target))) {
    if (mayCover(manifestName(target, key), slices)) keys.push(key)
  }
  const loads: LoadedSlice[] = []
  for (let read = 0; read < keys.length; read += readAtOnce) {
    const some = keys.slice(read, read + readAtOnce)
    const found = await Promise.all(some.map((key) => readLoad(bucket, key, pipeline)))
    loads.push(...found.filter((load) => load !== undefined))
  }
  return coveredBy(slices, loads)
}

async function readLoad(
  bucket: TargetBucket,
  key: ObjectKey,
  pipeline: string,
): Promise<LoadedSlice | undefined> {
  const manifest = (await bucket.findJson(key, loadManifest))?.value
  if (manifest?.pipeline !== pipeline) return undefined
  return { name: manifest.partition, interval: manifest.interval }
}

/**
 * Whether a manifest of that name is worth reading. What else lies there is the business of the check
 * before a load.
 */
function mayCover(name: string, slices: CoverageRequest['slices']): boolean {
  const widest = widestInterval(name)
  if (widest === undefined) return false
  const fromMs = Date.parse(widest.start)
  const toMs = Date.parse(widest.end)
  return slices.some(
    ({ interval }) => fromMs <= Date.parse(interval.start) && Date.parse(interval.end) <= toMs,
  )
}
