import { nextSlice, sliceOf } from '../../../activities/partition/time-slice.ts'
import type { ParquetTargetDefinition } from '../../../activities/pipeline-definition.ts'
import type { ObjectKey } from '../../../codec/index.ts'
import { loadManifest, type LoadManifest } from './load-manifest.ts'
import type { TargetBucket } from './target-bucket.ts'
import { manifestName, manifestsFolder, wholeName } from './target-layout.ts'

/**
 * Manifests that are looked into of those that were written last, and of those of the newest slices. One
 * or two are, where a pipeline has its prefix for itself.
 */
const mostRead = 8

/** How a pipeline stands by what is published beneath its prefix; nulls where nothing is. */
export interface PublishedStatus {
  /** Of the newest slice; null also where the newest manifests are those of other pipelines. */
  readonly intervalEnd: Date | null
  /** Of the load that was published last, by the clock of the store. */
  readonly publishedAt: Date | null
  readonly rows: number | null
  /** Null where it was not counted. */
  readonly rowsRejected: number | null
  /** Declared fields that no record of it had; null where an earlier version has not written it down. */
  readonly fieldsMissing: number | null
}

/** What a listing says of a manifest. */
interface ListedManifest {
  readonly key: ObjectKey
  readonly writtenMs: number
  /** When its slice would end if its days were those of UTC. */
  readonly namedEndMs: number
}

const nothing: PublishedStatus = {
  intervalEnd: null,
  publishedAt: null,
  rows: null,
  rowsRejected: null,
  fieldsMissing: null,
}

/**
 * Looks how a pipeline stands: lists the manifests once, and reads few of them, however many there are.
 *
 * @returns undefined where the pipeline shares its prefix, and none of the manifests that were written last
 * is its own: then it cannot be told whether it has one
 * @throws PipelineError OBJECT_UNREADABLE; ClaimCheckError as the store fails
 */
export async function findPublishedStatus(
  bucket: Pick<TargetBucket, 'list' | 'findJson'>,
  { target, pipeline }: { readonly target: ParquetTargetDefinition; readonly pipeline: string },
): Promise<PublishedStatus | undefined> {
  const lastWritten: ListedManifest[] = []
  const newest: ListedManifest[] = []
  let count = 0
  for await (const { key, lastModified } of bucket.list(manifestsFolder(target))) {
    const namedEndMs = namedEndOf(target, manifestName(target, key))
    if (namedEndMs === undefined) continue
    count += 1
    const listed = { key, writtenMs: lastModified.getTime(), namedEndMs }
    keepGreatest(lastWritten, listed, byTime)
    keepGreatest(newest, listed, byEnd)
  }
  const read = new Map<ObjectKey, LoadManifest | undefined>()
  const last = await findLast()
  if (last === undefined) return count > mostRead ? undefined : nothing
  const { rowCount: rows, rejectCount, missingFields, interval } = last.manifest
  return {
    intervalEnd: await findEnd(Date.parse(interval.end)),
    publishedAt: last.publishedAt,
    rows,
    rowsRejected: rejectCount ?? null,
    fieldsMissing: missingFields?.length ?? null,
  }

  /** The manifest where it is one of this pipeline. */
  async function findOwn(key: ObjectKey): Promise<LoadManifest | undefined> {
    if (!read.has(key)) read.set(key, (await bucket.findJson(key, loadManifest))?.value)
    const manifest = read.get(key)
    return manifest?.pipeline === pipeline ? manifest : undefined
  }

  async function findLast() {
    for (const { key, writtenMs } of lastWritten) {
      const manifest = await findOwn(key)
      if (manifest !== undefined) return { manifest, publishedAt: new Date(writtenMs) }
    }
    return undefined
  }

  /**
   * By which clock days are named, no name says. But slices do not overlap, and no clock is a day behind that
   * of UTC: what has ended by its name when another slice ends comes before that one.
   */
  async function findEnd(knownEndMs: number): Promise<Date | null> {
    let endMs = knownEndMs
    for (const { key, namedEndMs } of newest) {
      if (namedEndMs <= endMs) return new Date(endMs)
      const manifest = await findOwn(key)
      if (manifest !== undefined) endMs = Math.max(endMs, Date.parse(manifest.interval.end))
    }
    return count > mostRead ? null : new Date(endMs)
  }
}

/** Undefined of what is no manifest of this mode; `current` says itself what it is of. */
function namedEndOf({ mode }: ParquetTargetDefinition, name: string): number | undefined {
  if (mode === 'replace') return name === wholeName ? -Infinity : undefined
  const last = sliceOf(name.split('..').at(-1) ?? '')
  return last && nextSlice(last.startMs, last.granularity)
}

type Order = (one: ListedManifest, other: ListedManifest) => number

const byEnd: Order = (one, other) => one.namedEndMs - other.namedEndMs
const byTime: Order = (one, other) => one.writtenMs - other.writtenMs || byEnd(one, other)

/** The greatest first, and no more of them than are read. */
function keepGreatest(kept: ListedManifest[], listed: ListedManifest, order: Order): void {
  const before = kept.findIndex((other) => order(listed, other) > 0)
  kept.splice(before === -1 ? kept.length : before, 0, listed)
  kept.splice(mostRead)
}
