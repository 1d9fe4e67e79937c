import type { ObjectKey } from '../codec/index.ts'
import type { RunReference } from './run-reference.ts'

/**
 * Names of the ETL's objects. They do not depend on the attempt, so that a retry finds or overwrites
 * and never doubles. Pipeline names and partitions are safe as they are (their grammars see to that).
 */
type DatasetPlace = Pick<RunReference, 'pipeline' | 'partition' | 'datasetId'>

function datasetPrefix({ pipeline, partition, datasetId }: DatasetPlace): string {
  return `datasets/${pipeline}/${partition}/${datasetId}/`
}

export function partPrefix(run: DatasetPlace): string {
  return `${datasetPrefix(run)}part-`
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

export function definitionKey(run: DatasetPlace): ObjectKey {
  return toKey(`${datasetPrefix(run)}definition.json`)
}

export function manifestKey(run: DatasetPlace): ObjectKey {
  return toKey(`${datasetPrefix(run)}manifest.json`)
}

type LandingPlace = Pick<RunReference, 'pipeline' | 'partition' | 'landing'>

/** Says which landing of this source and interval is the newest, and whether it was published. */
export function landingStateKey(place: {
  pipeline: string
  partition: string
  fetchKey: string
}): ObjectKey {
  return toKey(`landing/${place.pipeline}/${place.partition}/${place.fetchKey}/state.json`)
}

export function landingPrefix({ pipeline, partition, landing }: LandingPlace): string {
  return `landing/${pipeline}/${partition}/${landing.fetchKey}/${padded(landing.sequence, 4)}/`
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

/** The batch that begins at this position. */
export function batchKey(run: LandingPlace, at: WalkPosition): ObjectKey {
  return toKey(`${landingPrefix(run)}batch-${position(at)}.json`)
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
