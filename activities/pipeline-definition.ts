/** The declared types that take no parameters. */
export const plainColumnKinds = [
  'smallint',
  'integer',
  'bigint',
  'double',
  'boolean',
  'text',
  'date',
  'timestamp',
  'timestamptz',
  'uuid',
] as const

/** What a column may be declared as. */
export type ColumnType =
  | { readonly kind: (typeof plainColumnKinds)[number] }
  | { readonly kind: 'numeric'; readonly precision: number; readonly scale: number }

export interface ColumnDefinition {
  /** The column's name in the target table. */
  readonly name: string
  readonly type: ColumnType
  /** The field's name at the source. */
  readonly from: string
  /** Whether the column is part of the key that a merge matches on. */
  readonly key: boolean
}

export type SourceFormat = 'json' | 'ndjson' | 'csv'

/** How the address of the next page is found. */
export type Pagination =
  | { readonly kind: 'none' }
  /** The page body names the next cursor at `path`; `parameter` carries it in the next request. */
  | { readonly kind: 'cursor'; readonly path: readonly string[]; readonly parameter: string }

export interface HttpSourceDefinition {
  readonly kind: 'http'
  /** May hold `${NAME}` references to the environment, resolved inside activities only. */
  readonly url: string
  /** Query parameters; `{interval.start}` and `{interval.end}` stand for the run's interval. */
  readonly query: Readonly<Record<string, string>>
  /** Request headers; values may hold `${NAME}` references. */
  readonly headers: Readonly<Record<string, string>>
  readonly format: SourceFormat
  /** Where the array of records stands in a JSON body; empty means the body is the array. */
  readonly records: readonly string[]
  readonly next: Pagination
}

export interface PostgresTargetDefinition {
  readonly kind: 'postgres'
  readonly schema: string
  readonly table: string
  readonly mode: 'merge'
}

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
}

/** A validated pipeline file: what a run is pinned to. Plain data, without secrets. */
export interface PipelineDefinition {
  readonly name: string
  readonly source: HttpSourceDefinition
  readonly columns: readonly ColumnDefinition[]
  readonly onReject: { readonly max: number }
  readonly target: PostgresTargetDefinition
  readonly limits: PipelineLimits
}

/** The half-open logical time slice `[start, end)`, as RFC 3339 timestamps in UTC. */
export interface Interval {
  readonly start: string
  readonly end: string
}
