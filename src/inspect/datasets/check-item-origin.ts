import {
  itemBatchesKey,
  landedItemKey,
  parquetItemKey,
  rereadBatchesKey,
  takenVersionKey,
  type ItemVersion,
} from '../../../activities/bucket-layout.ts'
import { findJson } from '../../../activities/json-object.ts'
import { findNewestVersion } from '../../../activities/landing/landed-item.ts'
import { landedItem } from '../../../activities/landing/read-batch.ts'
import { shortDigest } from '../../../activities/landing/short-digest.ts'
import { findTakenVersion } from '../../../activities/landing/taken-version.ts'
import type { PinnedRun, RunReference } from '../../../activities/run-reference.ts'
import type { ObjectKey, ObjectStore } from '../../../codec/index.ts'
import type { CheckedLanding } from './check-landing.ts'
import { ifReadable, readOrNot } from './if-readable.ts'
import type { DatasetDamage } from './verify-dataset.ts'

export interface ItemOriginRequest {
  readonly run: RunReference
  readonly pinned: PinnedRun
  readonly landed: Pick<CheckedLanding, 'has'>
  /** Whether the run notes each version that it has read instead of the listed one. */
  readonly notesTaken: boolean
  readonly signal: AbortSignal
}

export interface ListedItem {
  readonly place: string
  readonly version: string | null
  readonly position: number
}

/** What of an item, in the version that the run has read, is not there; lists that are there name the rest. */
export async function* itemProblems(
  store: ObjectStore,
  request: ItemOriginRequest,
  item: ListedItem,
): AsyncGenerator<DatasetDamage> {
  const { run, pinned, landed, signal } = request
  const placeDigest = await shortDigest(item.place)
  const key = landedItemKey(run, placeDigest)
  if (!landed.has(key)) yield { key, problem: 'is not in the store, and says what was landed last' }
  const { read, problems } = await versionRead(store, request, item, placeDigest)
  yield* problems
  if (read === undefined) return
  const { format } = pinned.definition.source
  const file = parquetItemKey(run, read)
  if (format === 'parquet' && !landed.has(file)) {
    yield { key: file, problem: 'is not in the store, and is the file as its source has it' }
  }
  if (format !== 'json' || pinned.fromLandingOf === undefined) return
  const listed = itemBatchesKey(run, read)
  const list = await readOrNot(() => findJson(store, listed, landedItem, { signal }))
  if (typeof list === 'string' || list.batchKeys.length === 0) return
  const reread = rereadBatchesKey(run, read)
  if ((await store.head(reread, { signal })) === undefined) {
    yield { key: reread, problem: 'is not in the store, and lists what was read again' }
  }
}

interface VersionRead {
  /** Undefined where no list of its batches is there. */
  readonly read: ItemVersion | undefined
  readonly problems: readonly DatasetDamage[]
}

/** The version that the run has noted; else the listed one, or of runs that note nothing the newest. */
async function versionRead(
  store: ObjectStore,
  { run, landed, notesTaken, signal }: ItemOriginRequest,
  { version: listed, position }: ListedItem,
  placeDigest: string,
): Promise<VersionRead> {
  const newest = await ifReadable(() => findNewestVersion(store, run, placeDigest, { signal }))
  const taken = await ifReadable(() => findTakenVersion(store, run, position, { signal }))
  const inLanding = async (version: string | null | undefined) => {
    if (version === undefined || version === null || version === '') return undefined
    const read = { placeDigest, versionDigest: await shortDigest(version) }
    return { read, key: itemBatchesKey(run, read) }
  }
  const wanted = await inLanding(taken ?? listed)
  if (wanted !== undefined && landed.has(wanted.key)) return { read: wanted.read, problems: [] }
  const missing = (key: ObjectKey, what: string): DatasetDamage => {
    return { key, problem: `is not in the store, and ${what}` }
  }
  const problems = wanted === undefined ? [] : [missing(wanted.key, 'lists the batches of an item')]
  if (taken !== undefined || newest === listed) return { read: undefined, problems }
  if (!notesTaken) {
    const last = await inLanding(newest)
    if (last !== undefined && landed.has(last.key)) return { read: last.read, problems: [] }
    return { read: undefined, problems }
  }
  // Which of the two was there cannot be told.
  const note = takenVersionKey(run, position)
  if ((await store.head(note, { signal })) === undefined) {
    problems.push(
      missing(note, 'says which version of an item was read, unless the listed one was'),
    )
  }
  return { read: undefined, problems }
}
