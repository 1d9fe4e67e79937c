import type { PartChunk } from './part-chunk.ts'
import type { ColumnDefinition, PostgresTargetDefinition } from './pipeline-definition.ts'

declare const datasetIdBrand: unique symbol
/** Names one dataset: a lower-case UUID made by the run that makes the dataset. */
export type DatasetId = string & { readonly [datasetIdBrand]: true }

export interface TargetRequest {
  readonly target: PostgresTargetDefinition
  readonly columns: readonly ColumnDefinition[]
  readonly signal: AbortSignal
}

export interface StagePartRequest extends TargetRequest {
  readonly datasetId: DatasetId
  /** Position of the part in its dataset, from 0; later parts win over earlier ones. */
  readonly partNumber: number
  /** What the part is known to hold; another count read is an error. */
  readonly rowCount: number
  readonly chunks: AsyncIterable<PartChunk>
}

/** A record that was set aside, as the rejects beside the dataset have it. */
export interface RejectedRecord {
  /** Key of the landed page. */
  readonly page: string
  /** Position in the page, from 0. */
  readonly record: number
  readonly line: number | null
  readonly reason: string
  /** JSON text of the declared fields' texts; null where the record is malformed. */
  readonly fields: string | null
  readonly raw: string | null
}

export interface PublishRequest extends TargetRequest {
  readonly datasetId: DatasetId
  readonly pipeline: string
  readonly partition: string
  readonly manifestKey: string
  /** Every part of the dataset, so that a staging area that lost some is noticed. */
  readonly parts: readonly { readonly partNumber: number; readonly rowCount: number }[]
  /** What the source served, and what of it was set aside: kept with the load, where they are known. */
  readonly recordCount?: number | undefined
  readonly convertedCount?: number | undefined
  readonly rejectCount?: number | undefined
  /** As many as `rejectCount` says; another count read is an error. */
  readonly rejects?: AsyncIterable<readonly RejectedRecord[]> | undefined
  /** Of incremental pipelines: the column whose greatest value is how far the load has come. */
  readonly markColumn?: string | undefined
  /** RFC 3339; given by the client, never read from a clock here. */
  readonly requestedAt: string
}

export interface LoadCounts {
  readonly rowsStaged: number
  readonly rowsInserted: number
  readonly rowsUpdated: number
  /** Rows that were in the table already with the same values; not written. */
  readonly rowsUnchanged: number
  /** Rows of the dataset that a later row with the same key replaced before the merge. */
  readonly rowsDuplicate: number
}

export type PublishOutcome =
  | { readonly kind: 'published'; readonly counts: LoadCounts; readonly alreadyPublished: boolean }
  /** These parts are not in staging (a server crash empties it): stage them again, then publish. */
  | { readonly kind: 'staging-incomplete'; readonly missingParts: readonly number[] }

export interface MarkRequest extends TargetRequest {
  readonly pipeline: string
  /** The column whose greatest value is the mark. */
  readonly markColumn: string
}

/** Where rows land. Every method may be called again, at any time, with the same request. */
export interface LoadTarget {
  /**
   * Checks, before anything is fetched, that the load can succeed: reachable, credentials,
   * privileges, columns that fit. Changes nothing in the target table.
   */
  check(request: TargetRequest): Promise<void>
  /** Puts one part beside the table; a part that is there already is left as it is. */
  stagePart(request: StagePartRequest): Promise<{ rowCount: number }>
  /** Applies the dataset and records the load, in one transaction. Run twice, published once. */
  publish(request: PublishRequest): Promise<PublishOutcome>
  /** Whether the dataset was applied to the table, by the load's own row. */
  isPublished(request: TargetRequest & { readonly datasetId: DatasetId }): Promise<boolean>
  /** How far the pipeline's loads into the table came, as a text; undefined before the first. */
  highWaterMark(request: MarkRequest): Promise<string | undefined>
  /** Removes what was staged for a dataset that will not be published. */
  discard(datasetId: DatasetId, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}
