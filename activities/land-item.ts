import { randomUUID } from 'node:crypto'
import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { itemSource } from './list-items.ts'
import { ItemLanding } from './landing/item-landing.ts'
import { readItem } from './landing/item-list.ts'
import { landParquetItem } from './landing/land-parquet-item.ts'
import { landStreams } from './landing/land-streams.ts'
import { findLanded, findNewestVersion, putLanded, type WholeItem } from './landing/landed-item.ts'
import { landingIncomplete } from './landing/landing-incomplete.ts'
import { rereadItem } from './landing/reread-item.ts'
import { shortDigest } from './landing/short-digest.ts'
import { findTakenVersion, putTakenVersion } from './landing/taken-version.ts'
import type { LandedStream } from './landing/stream-landing.ts'
import type { OpenItem, SourceItem } from './item-source.ts'
import { readPinnedRun, sliceOf } from './pinned-run.ts'
import { PipelineError } from './pipeline-error.ts'
import type { PinnedRun, RunReference } from './run-reference.ts'

export interface LandItemInput {
  readonly run: RunReference
  /** Position among the items, from 0. */
  readonly item: number
  /** An item of more batches than these is refused. */
  readonly maxBatches: number
}

export interface LandedItem {
  /** Of the object that lists the item's batches. */
  readonly landedKey: string
  readonly batches: number
  readonly pages: number
  /** As the source sent them, unpacked. */
  readonly sourceBytes: number
  readonly storedBytes: number
  /** Pages that were in the store already. */
  readonly pagesFound: number
}

/**
 * Reads an item from its start to its end, and lands it in pages and batches. What an earlier attempt
 * or run has landed of the same version is found again, and not read again where reading can begin
 * anywhere.
 *
 * @throws PipelineError PAGE_TOO_LARGE, SOURCE_MALFORMED, ITEM_LIMIT_EXCEEDED, and LANDING_INCOMPLETE
 * where the source must not be asked for what is missing
 */
export async function landItem(
  ports: ActivityPorts,
  input: LandItemInput,
  attempt: Attempt,
): Promise<LandedItem> {
  const { store } = ports
  const { run, item: position } = input
  const pinned = await readPinnedRun(store, run, attempt)
  const item = await readItem(store, run, position, attempt)
  const { place } = item
  const placeDigest = await shortDigest(place)
  const newest = await findNewestVersion(store, run, placeDigest, attempt)
  const isListed = newest === undefined || newest === item.version
  const madeOf = { ...run, datasetId: pinned.fromLandingOf ?? run.datasetId }
  const taken = isListed ? undefined : await findTakenVersion(store, madeOf, position, attempt)
  const work: ItemWork = {
    input,
    pinned,
    item,
    newest,
    wanted: taken ?? item.version,
    attempt,
    toLanding: async (version) =>
      ItemLanding.open({
        store,
        run,
        place,
        version,
        item: { placeDigest, versionDigest: await shortDigest(version) },
        limits: pinned.definition.limits,
        attempt,
      }),
  }
  const { version, landed } =
    pinned.fromLandingOf === undefined ? await landVersion(ports, work) : await landAgain(work)
  if (version !== item.version) {
    await putTakenVersion(store, run, { item: position, place, version }, attempt)
  }
  return landed
}

interface ItemWork {
  readonly input: LandItemInput
  readonly pinned: PinnedRun
  readonly item: SourceItem
  /** The version that was landed last, by this run or an earlier one. */
  readonly newest: string | undefined
  /** The version that the run goes by: what it, or the run that it makes again, has taken or listed. */
  readonly wanted: string | null
  readonly toLanding: (version: string) => Promise<ItemLanding>
  readonly attempt: Attempt
}

interface LandedVersion {
  readonly version: string
  readonly landed: LandedItem
}

/** Takes what is in the landing, and asks no source. @throws PipelineError LANDING_INCOMPLETE */
async function landAgain(work: ItemWork): Promise<LandedVersion> {
  const { item, newest, wanted, pinned, toLanding } = work
  // Runs of earlier versions of this program do not say what they have taken.
  for (const version of new Set([wanted, newest])) {
    if (version === undefined || version === null || version === '') continue
    const landing = await toLanding(version)
    const found = await findLanded(landing)
    if (found === undefined) continue
    const whole = await rereadItem(landing, found, shapeOf(pinned))
    return { version, landed: summarise(whole, found.pages) }
  }
  throw landingIncomplete('an item is not in the landing, or not all of it', { item: item.place })
}

async function landVersion(ports: ActivityPorts, work: ItemWork): Promise<LandedVersion> {
  const { input, item, newest, wanted, toLanding } = work
  if (newest !== undefined && (wanted === '' || wanted === newest)) {
    const found = await findLanded(await toLanding(newest))
    if (found !== undefined) return { version: newest, landed: summarise(found, found.pages) }
  }
  return withOpenItem(ports, work, async (opened, reading) => {
    const known = opened.version ?? (item.version === null ? newest : undefined)
    if (known !== undefined) {
      const landing = await toLanding(known)
      const found = await findLanded(landing)
      if (found !== undefined) {
        const whole = await putLanded(landing, found)
        return { version: known, landed: summarise(whole, found.pages) }
      }
    }
    // What cannot be told apart from another version is not to be mixed with what was landed of one.
    const version = opened.version ?? randomUUID()
    const landing = await toLanding(version)
    const { pinned } = work
    const { maxBatches } = input
    const streams = await landOpened(ports, { landing, pinned, opened, maxBatches, ...reading })
    const whole = await putLanded(landing, listOf(streams))
    const pagesFound = sum(streams.map((stream) => stream.pagesFound))
    return { version, landed: summarise(whole, pagesFound) }
  })
}

/** How reading is ended before its time. */
interface Reading {
  readonly stop: AbortController
  /** Aborted by `stop`, and with the attempt. */
  readonly signal: AbortSignal
}

async function withOpenItem<T>(
  { items }: ActivityPorts,
  { input, pinned, item, attempt }: ItemWork,
  work: (opened: OpenItem, reading: Reading) => Promise<T>,
): Promise<T> {
  const stop = new AbortController()
  const signal = AbortSignal.any([attempt.signal, stop.signal])
  const source = itemSource(pinned.definition.source)
  const opened = await items.open({ source, slice: sliceOf(input.run, pinned), signal, item })
  try {
    return await work(opened, { stop, signal })
  } finally {
    // What matters is what came of the work.
    await opened.close().catch(() => undefined)
  }
}

interface LandOpenedInput extends Reading {
  readonly landing: ItemLanding
  readonly pinned: PinnedRun
  readonly opened: OpenItem
  readonly maxBatches: number
}

async function landOpened(
  { duckDb }: ActivityPorts,
  { landing, pinned, opened, maxBatches, stop, signal }: LandOpenedInput,
): Promise<readonly LandedStream[]> {
  const { format, ...shape } = shapeOf(pinned)
  let batches = 0
  const countBatch = (): void => {
    batches += 1
    if (batches > maxBatches) throw tooManyBatches(maxBatches, landing.options.place)
  }
  const input = { landing, streams: opened.streams, countBatch, signal }
  if (format === 'parquet') return [await landParquetItem({ ...input, duckDb })]
  return landStreams({ ...input, shape: { ...shape, format }, stop })
}

function shapeOf({ definition }: PinnedRun) {
  const { source, columns } = definition
  const { format, records } = source
  return { format, records, next: { kind: 'none' }, columns } as const
}

function tooManyBatches(maxBatches: number, item: string): PipelineError {
  return new PipelineError(
    'ITEM_LIMIT_EXCEEDED',
    `the item has more than ${maxBatches} batches, which is the limit`,
    {
      at: { item },
      remedy:
        'Raise `limits.batch_bytes` of the pipeline file: what was landed is not read again; or split the item.',
    },
  )
}

function listOf(streams: readonly LandedStream[]): Parameters<typeof putLanded>[1] {
  const batches = streams.flatMap((stream) => stream.batches)
  return {
    batchKeys: batches.map(({ key }) => key),
    pages: sum(batches.map(({ batch }) => batch.pages.length)),
    sourceBytes: sum(streams.map(({ endBytes }) => endBytes)),
    storedBytes: sum(streams.map((stream) => stream.storedBytes)),
  }
}

function summarise({ key: landedKey, ...whole }: WholeItem, pagesFound: number): LandedItem {
  const { batchKeys, pages, sourceBytes, storedBytes } = whole
  return { landedKey, batches: batchKeys.length, pages, sourceBytes, storedBytes, pagesFound }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
