/** Text formats that are cut into records byte by byte. */
export type TextFormat = 'json' | 'ndjson' | 'csv'

export type SourceFormat = TextFormat | 'parquet'

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
  readonly format: TextFormat
  /** Where the array of records stands in a JSON body; empty means the body is the array. */
  readonly records: readonly string[]
  readonly next: Pagination
  readonly auth?: SourceAuth | undefined
  /** Of a whole request. @default 10 minutes */
  readonly timeoutMs?: number | undefined
  /** Of each worker process by itself. @default no limit */
  readonly rate?: { readonly requestsPerSecond: number } | undefined
  /** Pages asked for at once, where the kind of paging allows. @default 1 */
  readonly concurrency?: number | undefined
}

/** Files, each of them an item that is loaded by itself. */
export interface FileSourceDefinition {
  readonly kind: 'file'
  /**
   * Local paths, `s3://bucket/key` or `http(s)://…`; the first two may hold `*`, `**` and `?`. May hold
   * `${NAME}` references, and `{partition}`, `{interval.start}` and `{interval.end}`.
   */
  readonly paths: readonly string[]
  readonly format: SourceFormat
  /** As for HTTP sources. */
  readonly records: readonly string[]
  /** @default what the first bytes of each file say */
  readonly compression?: FileCompression | undefined
  /** Of requests for `http(s)://` paths. */
  readonly headers: Readonly<Record<string, string>>
  readonly auth?: SourceAuth | undefined
  /** Of another store than the worker's own; texts may hold references. */
  readonly s3?: S3Access | undefined
}

export type FileCompression = 'none' | 'gzip' | 'zstd'

export interface S3Access {
  readonly endpoint?: string | undefined
  readonly region?: string | undefined
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** A table or a query of a PostgreSQL database, as one snapshot of it. */
export interface PostgresSourceDefinition {
  readonly kind: 'postgres'
  /** A connection URL; holds `${NAME}` references. */
  readonly url: string
  readonly table?: { readonly schema: string; readonly table: string } | undefined
  /** `{interval.start}`, `{interval.end}`, `{partition}` and `{high_water_mark}` stand for SQL literals. */
  readonly query?: string | undefined
  /** Ranges of a column that are read side by side. */
  readonly split?: { readonly column: string; readonly ranges: number } | undefined
  /** What `COPY` writes. */
  readonly format: 'csv'
  readonly records: readonly []
}

/** An async generator of the user's own. */
export interface ModuleSourceDefinition {
  readonly kind: 'module'
  /** Of the TypeScript or JavaScript file, from one of the directories that the worker takes modules from. */
  readonly path: string
  /** Handed over as they are; texts may hold `${NAME}` references. */
  readonly options: Readonly<Record<string, string>>
  /** What its records are landed as. */
  readonly format: 'ndjson'
  readonly records: readonly []
}

/** Sources that are walked through page by page, from cursor to cursor. */
export type PagedSourceDefinition = HttpSourceDefinition | ModuleSourceDefinition

/** Sources that are made of items, each of which is read from its start to its end. */
export type ItemSourceDefinition = FileSourceDefinition | PostgresSourceDefinition

export type SourceDefinition = PagedSourceDefinition | ItemSourceDefinition

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
