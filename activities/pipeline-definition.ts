import type { S3Access, SourceDefinition } from './source-definition.ts'

/** The declared types that take no parameters. */
export const plainColumnKinds = [
  'smallint',
  'integer',
  'bigint',
  'double',
  'boolean',
  'text',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'uuid',
  'json',
  'jsonb',
  'bytea',
] as const

/** What one value of a column may be. */
export type ScalarType =
  | { readonly kind: (typeof plainColumnKinds)[number] }
  | { readonly kind: 'numeric'; readonly precision: number; readonly scale: number }

/** What a column may be declared as. An array has one dimension, and elements that may be null. */
export type ColumnType = ScalarType | { readonly kind: 'array'; readonly element: ScalarType }

/** Types whose values have an order that source and table agree about. */
export const markKinds: ReadonlySet<ColumnType['kind']> = new Set([
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'text',
  'date',
  'timestamp',
  'timestamptz',
] as const)

/** Types whose values have no range. */
export const unorderedKinds: ReadonlySet<ColumnType['kind']> = new Set([
  'array',
  'boolean',
  'bytea',
  'json',
  'jsonb',
] as const)

/** Whether values are JSON, or arrays of it: PostgreSQL compares them not at all, or not as DuckDB does. */
export function isJsonType(type: ColumnType): boolean {
  const { kind } = type.kind === 'array' ? type.element : type
  return kind === 'json' || kind === 'jsonb'
}

export interface ColumnDefinition {
  /** The column's name in the target table. */
  readonly name: string
  readonly type: ColumnType
  /** The field's name at the source. */
  readonly from: string
  /** Members that lead to the field inside a JSON record. @default the member called `from` */
  readonly path?: readonly string[] | undefined
  /** What stands for a field that is null or not there, as a source would write it. */
  readonly default?: string | undefined
  /** Whether the column is part of the key, which one row of a dataset has. */
  readonly key: boolean
  /** The comment of the column in its table. */
  readonly description?: string | undefined
}

/** How the rows of a dataset come into a table. Of several rows of one key in a dataset one wins. */
export const loadModes = [
  /** Every row is added. A slice whose rows are there is refused; so is a key that is there. */
  'append',
  /** The table has these rows afterwards, and no others. */
  'replace',
  /** A row whose key is in the table takes that one's place; the others are added. */
  'merge',
  /** The rows of the run's slice are these afterwards; all others stay. */
  'replace-interval',
  /** A row that differs ends the validity of the one with its key, and is valid from the slice's end. */
  'history',
] as const

export type LoadMode = (typeof loadModes)[number]

export interface PostgresTargetDefinition {
  readonly kind: 'postgres'
  readonly schema: string
  readonly table: string
  readonly mode: LoadMode
  /**
   * The column that says which of several rows of one key wins: the greatest value, NULL counting
   * least, and among equals the one that came last. Neither does a row replace one of the table that
   * has a greater value. @default the one that came last wins
   */
  readonly orderBy?: string | undefined
  /**
   * Of `merge` and `history`: what becomes of rows of the table whose key is not in the dataset, which
   * then has to be a full snapshot. `delete` ends their validity in `history`; `mark` sets `_deleted_at`
   * to the end of the slice, until the key comes again. @default 'keep'
   */
  readonly onMissing?: 'keep' | 'delete' | 'mark' | undefined
  /** Of `replace-interval`: the date or time that says which slice a row is of. */
  readonly intervalColumn?: string | undefined
  /** Whether a dataset without rows may take away all that is there. @default false */
  readonly allowEmpty?: boolean | undefined
  /** Whether the table has `_dataset_id` and `_part_number`: what each row was last written from. */
  readonly lineage?: boolean | undefined
}

/** Parquet files beneath a prefix, as they are in Hive's layout. */
export interface ParquetTargetDefinition {
  readonly kind: 'parquet'
  readonly bucket: string
  /** Without a slash at either end. */
  readonly prefix: string
  /** Whether a load takes the place of all there is, or of what its slice has. */
  readonly mode: 'replace' | 'replace-interval'
  /** Columns whose values are directories, `name=value`, in this order. */
  readonly partitionBy?: readonly string[] | undefined
  readonly allowEmpty?: boolean | undefined
  /** How the store is reached. @default the worker's own */
  readonly s3?: S3Access | undefined
}

export type TargetDefinition = PostgresTargetDefinition | ParquetTargetDefinition

/** Sizes and attempts, each with a default in the pipeline file's schema. */
export interface PipelineLimits {
  /** A batch ends with the page that brings it to this many bytes, as the source sent them. */
  readonly batchBytes: number
  /** A larger page is refused with a clear error. */
  readonly pageBytes: number
  /** Batches in flight behind the fetching one: more overlap, more disk and memory. */
  readonly batchesInFlight: number
  /** Attempts of one activity before the run fails. */
  readonly attempts: number
  /** A walk that goes on after so many pages fails. @default no limit */
  readonly maxPages?: number | undefined
  /** Items (files) that are loaded side by side. @default 2 */
  readonly itemsInFlight?: number | undefined
}

/** What becomes of fields that are not declared, and of declared ones that are not there. */
export type SchemaRule =
  /** Fields that are not declared are left out, those that are not there are NULL. */
  | 'discard'
  /** Either fails the load, before anything is published. */
  | 'freeze'
  /** Fields that are not declared become columns, and the table follows: it gets columns and wider types. */
  | 'evolve'

/** DuckDB SQL over the relation `input`: the records of one batch, or of the whole dataset. */
export interface TransformDefinition {
  readonly sql: string
  readonly scope: 'batch' | 'dataset'
}

/** What has to be true of a dataset before it is published. */
export type CheckDefinition =
  | { readonly kind: 'not_null'; readonly columns: readonly string[] }
  /** Of the columns together. */
  | { readonly kind: 'unique'; readonly columns: readonly string[] }
  /** Both ends included; each as a text that the column's type reads. */
  | {
      readonly kind: 'range'
      readonly column: string
      readonly min?: string | undefined
      readonly max?: string | undefined
    }
  | {
      readonly kind: 'row_count'
      readonly min?: number | undefined
      readonly max?: number | undefined
    }
  /** DuckDB SQL over the relation `dataset` that finds what must not be there. */
  | { readonly kind: 'sql'; readonly name: string; readonly sql: string }

/** Asks only for what has come since the last load: `{high_water_mark}` stands for how far that came. */
export interface IncrementalDefinition {
  /** The column whose greatest value is the mark. */
  readonly column: string
  /** The mark of the first load, as a text that the column's type reads. */
  readonly initial: string
}

/** When the slice of time that has just ended is loaded. */
export interface ScheduleDefinition {
  readonly every: 'hour' | 'day' | 'week' | 'month'
  /** Local time; the hour counts for nothing where `every` is `hour`. */
  readonly hour: number
  readonly minute: number
  /** The day of the week from 1, Monday, or of the month. */
  readonly on?: number | undefined
  /** IANA name; slices begin and end by its clock. */
  readonly timezone: string
  /** How long after its time a slice that was missed is still loaded. */
  readonly catchupMs: number
  readonly jitterMs?: number | undefined
}

/** A pipeline whose load of the same partition has to come first. */
export interface UpstreamDefinition {
  readonly pipeline: string
  /** What follows when it failed or was skipped: wait for a better one, fail, or be skipped too. */
  readonly onFailure: 'wait' | 'fail' | 'skip'
  readonly timeoutMs: number
}

/**
 * What may be deleted of what runs of a pipeline have left. The rule of the newest run holds for all;
 * what no rule speaks of stays.
 */
export interface RetentionDefinition {
  /** A sealed dataset goes when it is neither among the newest of its partition nor young enough. */
  readonly datasets?:
    | { readonly keep?: number | undefined; readonly days?: number | undefined }
    | undefined
  /** A landing goes when it was not used for so long. */
  readonly landings?: { readonly days: number } | undefined
  /** What runs have left that were given up, with landings that no sealed dataset was made of. */
  readonly unfinished?: { readonly days: number } | undefined
  /** Whether the dataset of a partition that was loaded last stays in any case. @default true */
  readonly keepLastGood?: boolean | undefined
}

/** A validated pipeline file: what a run is pinned to. Plain data, without secrets. */
export interface PipelineDefinition {
  readonly name: string
  /** The comment of the table. */
  readonly description?: string | undefined
  readonly source: SourceDefinition
  readonly columns: readonly ColumnDefinition[]
  readonly onReject: { readonly max: number }
  /** @default 'discard' */
  readonly schema?: SchemaRule | undefined
  readonly transform?: TransformDefinition | undefined
  readonly checks?: readonly CheckDefinition[] | undefined
  readonly incremental?: IncrementalDefinition | undefined
  readonly target: TargetDefinition
  readonly limits: PipelineLimits
  readonly schedule?: ScheduleDefinition | undefined
  readonly after?: readonly UpstreamDefinition[] | undefined
  /** Whether one item that fails keeps the others from being landed and converted. @default 'stop' */
  readonly onItemFailure?: 'stop' | 'continue' | undefined
  /** @default everything stays */
  readonly retention?: RetentionDefinition | undefined
}

/** The half-open logical time slice `[start, end)`, as RFC 3339 timestamps in UTC. */
export interface Interval {
  readonly start: string
  readonly end: string
}
