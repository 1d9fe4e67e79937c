import type { ObjectKey } from '../codec/index.ts'
import type { RunReference } from './run-reference.ts'

/**
 * Names of the ETL's objects. They do not depend on the attempt, so that a retry finds or overwrites
 * and never doubles. Pipeline names and partitions are safe as they are (their grammars see to that).
 */
export type DatasetPlace = Pick<
  RunReference,
  'pipeline' | 'partition' | 'datasetId' | 'transformId'
>

/** Everything of a dataset; what was landed for it lies elsewhere. */
export function datasetPrefix({ pipeline, partition, datasetId }: DatasetPlace): string {
  return `datasets/${pipeline}/${partition}/${datasetId}/`
}

export function partPrefix(run: DatasetPlace): string {
  const { transformId } = run
  return `${datasetPrefix(run)}part-${transformId === undefined ? '' : `${transformId}-`}`
}

/** What was converted of a dataset that is then transformed as a whole. */
export function convertedPartPrefix(run: DatasetPlace): string {
  return `${datasetPrefix(run)}converted-`
}

export function convertedPartKey(run: DatasetPlace, partNumber: number): ObjectKey {
  return toKey(`${convertedPartPrefix(run)}${padded(partNumber, 5)}.parquet`)
}

export function partKey(run: DatasetPlace, partNumber: number): ObjectKey {
  return toKey(`${partPrefix(run)}${padded(partNumber, 5)}.parquet`)
}

export function rejectsPrefix(run: DatasetPlace): string {
  return `${datasetPrefix(run)}rejects-`
}

export function rejectsKey(run: DatasetPlace, partNumber: number): ObjectKey {
  return toKey(`${rejectsPrefix(run)}${padded(partNumber, 5)}.ndjson.zst`)
}

export function notedFieldsPrefix(run: DatasetPlace): string {
  return `${datasetPrefix(run)}fields-`
}

/** What the batch of a part has brought beyond the columns of its run. */
export function notedFieldsKey(run: DatasetPlace, partNumber: number): ObjectKey {
  return toKey(`${notedFieldsPrefix(run)}${padded(partNumber, 5)}.json`)
}

export function definitionKey(run: DatasetPlace): ObjectKey {
  return toKey(`${datasetPrefix(run)}definition.json`)
}

export function manifestKey(run: DatasetPlace): ObjectKey {
  return toKey(`${datasetPrefix(run)}manifest.json`)
}

/** The list of items that a run goes by: written once, whichever attempt at listing ends first. */
export function itemListKey(run: DatasetPlace): ObjectKey {
  return toKey(`${datasetPrefix(run)}items.json`)
}

/** Which version of an item a run has read, where it was not listed with that one. */
export function takenVersionKey(run: DatasetPlace, item: number): ObjectKey {
  return toKey(`${datasetPrefix(run)}taken-${padded(item, 6)}.json`)
}

type LandingPlace = Pick<RunReference, 'pipeline' | 'partition' | 'landing'>

/** What is asked of the source of a partition. */
export interface FetchPlace {
  readonly pipeline: string
  readonly partition: string
  readonly fetchKey: string
}

/** All landings of this source and interval, and which is the newest. */
export function landingsPrefix({ pipeline, partition, fetchKey }: FetchPlace): string {
  return `landing/${pipeline}/${partition}/${fetchKey}/`
}

/** Says which landing of this source and interval is the newest, and what was made from it. */
export function landingStateKey(place: FetchPlace): ObjectKey {
  return toKey(`${landingsPrefix(place)}state.json`)
}

export function landingPrefix({ pipeline, partition, landing }: LandingPlace): string {
  const { fetchKey, sequence } = landing
  return `${landingsPrefix({ pipeline, partition, fetchKey })}${padded(sequence, 4)}/`
}

/** Where a page or batch stands in the walk: the cursor's digest tells pages of another walk apart. */
export interface WalkPosition {
  readonly pageNumber: number
  readonly cursorDigest: string
}

export function pageKey(run: LandingPlace, at: WalkPosition, extension: string): ObjectKey {
  return toKey(`${landingPrefix(run)}page-${position(at)}.${extension}.zst`)
}

/** What the keys of the pages from `pageNumber` on come after. */
export function beforePages(run: LandingPlace, pageNumber: number): string {
  return `${landingPrefix(run)}page-${padded(pageNumber, 7)}`
}

/**
 * The list of the pages of the batch that begins at this position. One that is made again, from a
 * landing of another dataset, may be read in another way: it stands beside its own dataset.
 */
export function batchKey(
  run: LandingPlace & DatasetPlace,
  at: WalkPosition,
  fromLanding = false,
): ObjectKey {
  const prefix = fromLanding ? datasetPrefix(run) : landingPrefix(run)
  return toKey(`${prefix}batch-${position(at)}.json`)
}

/** Some items of a list, named by what they are: lists share what has not changed. */
export function itemListPageKey(run: LandingPlace, pageNumber: number, digest: string): ObjectKey {
  return toKey(`${landingPrefix(run)}items-${padded(pageNumber, 5)}-${digest}.json`)
}

/** Digests of where an item is, and of what it is there. */
export interface ItemVersion {
  readonly placeDigest: string
  readonly versionDigest: string
}

/** Says which version of the item was landed last. */
export function landedItemKey(run: LandingPlace, placeDigest: string): ObjectKey {
  return toKey(`${landingPrefix(run)}item-${placeDigest}/landed.json`)
}

export function itemPrefix(run: LandingPlace, { placeDigest, versionDigest }: ItemVersion): string {
  return `${landingPrefix(run)}item-${placeDigest}/${versionDigest}/`
}

/** Lists the batches of an item. */
export function itemBatchesKey(run: LandingPlace, item: ItemVersion): ObjectKey {
  return toKey(`${itemPrefix(run, item)}batches.json`)
}

/** Bytes of one of an item's streams. */
export interface StreamRange {
  readonly stream: number
  readonly startBytes: number
  readonly endBytes: number
}

/** A page of an item is named by its bytes: what has the name of a page is that page. */
export function itemPageKey(
  run: LandingPlace,
  item: ItemVersion,
  { stream, startBytes, endBytes }: StreamRange,
  format: string,
): ObjectKey {
  const range = `${padded(stream, 5)}-${padded(startBytes, 13)}-${padded(endBytes, 13)}`
  return toKey(`${itemPrefix(run, item)}page-${range}.${format}.zst`)
}

/** The range that a key of `itemPageKey` names; undefined for another key. */
export function itemPageRange(key: string): StreamRange | undefined {
  const [, stream, startBytes, endBytes] =
    /\/page-(\d{5,})-(\d{13,})-(\d{13,})\.[a-z]+\.zst$/.exec(key) ?? []
  if (stream === undefined) return undefined
  return { stream: Number(stream), startBytes: Number(startBytes), endBytes: Number(endBytes) }
}

/** The batch of at most `batchBytes` that begins there. */
export function itemBatchKey(
  run: LandingPlace,
  item: ItemVersion,
  at: { readonly stream: number; readonly startBytes: number; readonly batchBytes: number },
): ObjectKey {
  const start = `${padded(at.stream, 5)}-${padded(at.startBytes, 13)}`
  return toKey(`${itemPrefix(run, item)}batch-${start}-${at.batchBytes}.json`)
}

/** As `itemBatchesKey`, where pages are read in another way than when they were landed. */
export function rereadBatchesKey(run: DatasetPlace, item: ItemVersion): ObjectKey {
  return toKey(`${rereadPrefix(run, item)}batches.json`)
}

/** One of the batches that such a list names. */
export function rereadBatchKey(run: DatasetPlace, item: ItemVersion, index: number): ObjectKey {
  return toKey(`${rereadPrefix(run, item)}batch-${padded(index, 5)}.json`)
}

/** Beside the dataset: the landing is another one's. */
function rereadPrefix(run: DatasetPlace, { placeDigest, versionDigest }: ItemVersion): string {
  return `${datasetPrefix(run)}item-${placeDigest}/${versionDigest}/`
}

/** A Parquet item as its source has it. */
export function parquetItemKey(run: LandingPlace, item: ItemVersion): ObjectKey {
  return toKey(`${itemPrefix(run, item)}file.parquet`)
}

/** One of the Parquet files that such an item is cut into; its name says what is in it. */
export function parquetPageKey(
  run: LandingPlace,
  item: ItemVersion,
  at: { readonly index: number; readonly digest: string },
): ObjectKey {
  return toKey(`${itemPrefix(run, item)}page-${padded(at.index, 5)}-${at.digest}.parquet`)
}

/** The batch that is such a file. */
export function parquetBatchKey(
  run: LandingPlace,
  item: ItemVersion,
  at: { readonly index: number; readonly digest: string },
): ObjectKey {
  return toKey(`${itemPrefix(run, item)}batch-${padded(at.index, 5)}-${at.digest}.json`)
}

function position({ pageNumber, cursorDigest }: WalkPosition): string {
  return `${padded(pageNumber, 7)}-${cursorDigest}`
}

function padded(value: number, width: number): string {
  return String(value).padStart(width, '0')
}

function toKey(text: string): ObjectKey {
  return text as ObjectKey
}
