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
  /** Members that lead to the field inside a JSON record. @default the member called `from` */
  readonly path?: readonly string[] | undefined
  /** What stands for a field that is null or not there, as a source would write it. */
  readonly default?: string | undefined
  /** Whether the column is part of the key that a merge matches on. */
  readonly key: boolean
}

export type SourceFormat = 'json' | 'ndjson' | 'csv'

/** How the address of the next page is found. */
export type Pagination =
  | { readonly kind: 'none' }
  /** The page body names the next cursor at `path`; `parameter` carries it in the next request. */
  | { readonly kind: 'cursor'; readonly path: readonly string[]; readonly parameter: string }
  | CountedPagination
  /** The answer's `Link` header names the next page. */
  | { readonly kind: 'link-header' }

/** `parameter` carries the number of the page, or of its first record, counted from `first`. */
export interface CountedPagination {
  readonly kind: 'page' | 'offset'
  readonly parameter: string
  readonly first: number
  /** Records of a full page, where the source promises that a page with fewer is the last. */
  readonly size?: number | undefined
}

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
  readonly auth?: SourceAuth | undefined
  /** Of a whole request. @default 10 minutes */
  readonly timeoutMs?: number | undefined
  /** Of each worker process by itself. @default no limit */
  readonly rate?: { readonly requestsPerSecond: number } | undefined
}

/** How a source is told who asks. Texts may hold `${NAME}` references; secrets are nothing else. */
export type SourceAuth =
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | { readonly kind: 'header'; readonly name: string; readonly value: string }
  | OAuth2Auth

/** A token of OAuth 2.0 client credentials. */
export interface OAuth2Auth {
  readonly kind: 'oauth2'
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope?: string | undefined
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
  /** A walk that goes on after so many pages fails. @default no limit */
  readonly maxPages?: number | undefined
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
