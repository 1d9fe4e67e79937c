import type { Reprocessing } from './load-input.ts'
import type { Partition } from './partition/name-partition.ts'
import type { PartChunk } from './part-chunk.ts'
import type {
  ColumnDefinition,
  Interval,
  LoadMode,
  PipelineDefinition,
  TargetDefinition,
} from './pipeline-definition.ts'

declare const datasetIdBrand: unique symbol
/** Names one dataset: a lower-case UUID made by the run that makes the dataset. */
export type DatasetId = string & { readonly [datasetIdBrand]: true }

export interface TargetRequest<Target extends TargetDefinition = TargetDefinition> {
  readonly target: Target
  readonly columns: readonly ColumnDefinition[]
  readonly signal: AbortSignal
}

/** One dataset on its way into one target. */
export interface LoadRequest<
  Target extends TargetDefinition = TargetDefinition,
> extends TargetRequest<Target> {
  readonly datasetId: DatasetId
  readonly pipeline: string
  readonly partition: string
  readonly interval: Interval
  /** By whose clock the slice begins and ends. @default UTC */
  readonly timezone?: string | undefined
  /** RFC 3339; given by the client, never read from a clock here. */
  readonly requestedAt: string
  /**
   * Whether rows of a later slice must be in the target after this one, as far as its mode lets one take the
   * other's place. @default false
   */
  readonly inOrder?: boolean | undefined
  /** Of incremental pipelines: the column whose greatest value is how far the load has come. */
  readonly markColumn?: string | undefined
  /** Whether the table is to follow the columns: it gets those that it lacks, and wider types. */
  readonly evolve?: boolean | undefined
  /** The comment of the table. */
  readonly description?: string | undefined
}

export interface CheckRequest<
  Target extends TargetDefinition = TargetDefinition,
> extends LoadRequest<Target> {
  /** What the run is told to do, and the workflow that it is: kept for people to look up. */
  readonly definition?: PipelineDefinition | undefined
  readonly workflowId?: string | undefined
  /** Of Temporal, in which the workflow has its id. */
  readonly namespace?: string | undefined
  /** Whether the run only plans, and nothing is noted of it. @default false */
  readonly planOnly?: boolean | undefined
}

export interface StagePartRequest<
  Target extends TargetDefinition = TargetDefinition,
> extends TargetRequest<Target> {
  readonly datasetId: DatasetId
  /** Position of the part in its dataset, from 0; later parts win over earlier ones. */
  readonly partNumber: number
  /** What the part is known to hold; another count read is an error. */
  readonly rowCount: number
  readonly chunks: AsyncIterable<PartChunk>
  /** The same as a local Parquet file, there until the call ends: for targets that take it as it is. */
  readonly path?: string | undefined
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

export interface PublishRequest<
  Target extends TargetDefinition = TargetDefinition,
> extends LoadRequest<Target> {
  readonly manifestKey: string
  /** Every part of the dataset, so that a staging area that lost some is noticed. */
  readonly parts: readonly { readonly partNumber: number; readonly rowCount: number }[]
  /** What the source served, and what of it was set aside: kept with the load, where they are known. */
  readonly recordCount?: number | undefined
  readonly convertedCount?: number | undefined
  readonly rejectCount?: number | undefined
  /** As many as `rejectCount` says; another count read is an error. */
  readonly rejects?: AsyncIterable<readonly RejectedRecord[]> | undefined
  /** Declared fields that no record had: kept with the load, where there are any. */
  readonly missingFields?: readonly string[] | undefined
  /** Of incremental pipelines: the mark that the run was told, after which its rows come. */
  readonly highWaterMark?: string | undefined
  /** Columns that the source has brought and the pipeline does not declare: kept for the next load. */
  readonly evolvedColumns?: readonly ColumnDefinition[] | undefined
  /** The dataset that this one was made of again, and by what: kept with the load. */
  readonly madeFrom?: Pick<Reprocessing, 'datasetId' | 'from'> | undefined
  /**
   * Lets `use` read the rows of a part that was left in the store. Without it every part has to have been
   * staged.
   */
  readonly readPart?:
    | (<Result>(
        partNumber: number,
        use: (chunks: AsyncIterable<PartChunk>) => Promise<Result>,
      ) => Promise<Result>)
    | undefined
}

/**
 * Of so many first parts of a dataset publishing may take the rows from the store; the others are staged
 * while the source is still read.
 */
export const UNSTAGED_PARTS = 16

/** `rowsStaged` = `rowsInserted` + `rowsUpdated` + `rowsUnchanged` + `rowsDuplicate`. */
export interface LoadCounts {
  readonly rowsStaged: number
  /** Rows of keys that were not in the table; all rows where there is no key. */
  readonly rowsInserted: number
  /** Rows whose key was in the table with other values; in `history`, with another version now valid. */
  readonly rowsUpdated: number
  /** Rows that were in the table already with the same values, or newer ones; not written. */
  readonly rowsUnchanged: number
  /** Rows of the dataset that another row with the same key replaced before it came to the table. */
  readonly rowsDuplicate: number
  /**
   * Rows of the table that were not in the dataset and went: deleted, marked so, or no longer valid. Without
   * a key, all rows that others took the place of.
   */
  readonly rowsDeleted: number
}

export type PublishOutcome =
  | { readonly kind: 'published'; readonly counts: LoadCounts; readonly alreadyPublished: boolean }
  /**
   * These parts are not in staging, as a server crash empties it or as they were left in the store and cannot
   * be taken from there after all: stage them, then publish.
   */
  | { readonly kind: 'staging-incomplete'; readonly missingParts: readonly number[] }

/** What a load would do to its table, had it been published at that moment. */
export interface LoadPlan {
  /** As the catalog names it. */
  readonly target: string
  readonly mode: LoadMode
  /** Rows that are in the table now; null where there is none yet. */
  readonly rowsBefore: number | null
  /** As a load of this mode counts them. */
  readonly counts: LoadCounts
  /** Whether rows of the table can get other values, and whether any can go, in this mode. */
  readonly canChange: boolean
  readonly canRemove: boolean
  /** What would be done to the table's columns first, in sentences. */
  readonly alterations: readonly string[]
  /**
   * What foreign keys may do to other rows then, in sentences: which ones is not found out. Where they are
   * rows of the dataset, the load is refused.
   */
  readonly followers?: readonly string[] | undefined
}

export type PlanOutcome =
  | { readonly kind: 'planned'; readonly plan: LoadPlan }
  | Extract<PublishOutcome, { readonly kind: 'staging-incomplete' }>

export interface MarkRequest<
  Target extends TargetDefinition = TargetDefinition,
> extends TargetRequest<Target> {
  readonly pipeline: string
  /** The column whose greatest value is the mark. */
  readonly markColumn: string
}

export interface CoverageRequest<
  Target extends TargetDefinition = TargetDefinition,
> extends TargetRequest<Target> {
  readonly pipeline: string
  readonly slices: readonly Partition[]
}

export interface DiscardRequest<
  Target extends TargetDefinition = TargetDefinition,
> extends TargetRequest<Target> {
  readonly datasetId: DatasetId
  /** Why the run ended; kept for people to look up. */
  readonly failureCode?: string | undefined
}

/** Where rows land. Every method may be called again, at any time, with the same request. */
export interface LoadTarget<Target extends TargetDefinition = TargetDefinition> {
  /**
   * Checks, before anything is fetched, that the load can succeed: reachable, credentials,
   * privileges, columns that fit. Changes nothing in the target table.
   */
  check(request: CheckRequest<Target>): Promise<void>
  /**
   * Whether `publish`, as things stand, takes rows from the store as cheaply as staged ones, so that the first
   * parts of the dataset may be left there. Only where tables are loaded.
   */
  takesUnstaged?(request: LoadRequest<Target>): Promise<boolean>
  /** Puts one part beside the table; a part that is there already is left as it is. */
  stagePart(request: StagePartRequest<Target>): Promise<{ rowCount: number }>
  /** Applies the dataset and records the load, in one transaction. Run twice, published once. */
  publish(request: PublishRequest<Target>): Promise<PublishOutcome>
  /**
   * Compares the staged dataset with the table as `publish` does, and changes nothing: neither the table
   * nor what is noted of loads. Readers and writers go on meanwhile. Only where tables are loaded.
   */
  plan?(request: PublishRequest<Target>): Promise<PlanOutcome>
  /** Whether the dataset was applied to the table, by the load's own row. */
  isPublished(request: TargetRequest<Target> & { readonly datasetId: DatasetId }): Promise<boolean>
  /**
   * Names of those slices that one published load of the pipeline into the target has: it is of that
   * name, or its interval has all of the slice; where a load takes the place of all there is, or a later
   * one was loaded.
   */
  coveredSlices(request: CoverageRequest<Target>): Promise<ReadonlySet<string>>
  /** How far the pipeline's loads into the table came, as a text; undefined before the first. */
  highWaterMark(request: MarkRequest<Target>): Promise<string | undefined>
  /** The undeclared columns that earlier loads of the pipeline have brought into the target. */
  evolvedColumns(
    request: TargetRequest<Target> & { readonly pipeline: string },
  ): Promise<readonly ColumnDefinition[]>
  /** Removes what was staged for a dataset that will not be published. */
  discard(request: DiscardRequest<Target>): Promise<void>
  close(): Promise<void>
}
