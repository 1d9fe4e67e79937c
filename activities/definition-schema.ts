import { z } from 'zod'
import {
  loadModes,
  plainColumnKinds,
  type ColumnDefinition,
  type PipelineDefinition,
  type TargetDefinition,
} from './pipeline-definition.ts'
import type { SourceDefinition } from './source-definition.ts'

const scalarTypes = [
  z.object({ kind: z.enum(plainColumnKinds) }),
  z.object({ kind: z.literal('numeric'), precision: z.number(), scale: z.number() }),
] as const

const columnType = z.union([
  ...scalarTypes,
  z.object({ kind: z.literal('array'), element: z.union(scalarTypes) }),
])

const sourceAuth = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('bearer'), token: z.string() }),
  z.object({ kind: z.literal('basic'), user: z.string(), password: z.string() }),
  z.object({ kind: z.literal('header'), name: z.string(), value: z.string() }),
  z.object({
    kind: z.literal('oauth2'),
    tokenUrl: z.string(),
    clientId: z.string(),
    clientSecret: z.string(),
    scope: z.string().optional(),
  }),
])

const texts = z.record(z.string(), z.string())

const httpSource = z.object({
  kind: z.literal('http'),
  url: z.string(),
  query: texts,
  headers: texts,
  format: z.enum(['json', 'ndjson', 'csv']),
  records: z.array(z.string()),
  next: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('none') }),
    z.object({ kind: z.literal('cursor'), path: z.array(z.string()), parameter: z.string() }),
    z.object({
      kind: z.enum(['page', 'offset']),
      parameter: z.string(),
      first: z.number(),
      size: z.number().optional(),
    }),
    z.object({ kind: z.literal('link-header') }),
  ]),
  auth: sourceAuth.optional(),
  timeoutMs: z.number().optional(),
  rate: z.object({ requestsPerSecond: z.number() }).optional(),
  concurrency: z.number().optional(),
})

const s3Access = z.object({
  endpoint: z.string().optional(),
  region: z.string().optional(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
})

const fileSource = z.object({
  kind: z.literal('file'),
  paths: z.array(z.string()),
  format: z.enum(['json', 'ndjson', 'csv', 'parquet']),
  records: z.array(z.string()),
  compression: z.enum(['none', 'gzip', 'zstd']).optional(),
  headers: texts,
  auth: sourceAuth.optional(),
  s3: s3Access.optional(),
})

const postgresSource = z.object({
  kind: z.literal('postgres'),
  url: z.string(),
  table: z.object({ schema: z.string(), table: z.string() }).optional(),
  query: z.string().optional(),
  split: z.object({ column: z.string(), ranges: z.number() }).optional(),
  format: z.literal('csv'),
  records: z.tuple([]),
})

const moduleSource = z.object({
  kind: z.literal('module'),
  path: z.string(),
  options: texts,
  format: z.literal('ndjson'),
  records: z.tuple([]),
})

const source: z.ZodType<SourceDefinition> = z.discriminatedUnion('kind', [
  httpSource,
  fileSource,
  postgresSource,
  moduleSource,
])

const check = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['not_null', 'unique']), columns: z.array(z.string()) }),
  z.object({
    kind: z.literal('range'),
    column: z.string(),
    min: z.string().optional(),
    max: z.string().optional(),
  }),
  z.object({
    kind: z.literal('row_count'),
    min: z.number().optional(),
    max: z.number().optional(),
  }),
  z.object({ kind: z.literal('sql'), name: z.string(), sql: z.string() }),
])

export const columnDefinition: z.ZodType<ColumnDefinition> = z.object({
  name: z.string(),
  type: columnType,
  from: z.string(),
  path: z.array(z.string()).optional(),
  default: z.string().optional(),
  key: z.boolean(),
  description: z.string().optional(),
})

const target: z.ZodType<TargetDefinition> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('postgres'),
    schema: z.string(),
    table: z.string(),
    mode: z.enum(loadModes),
    orderBy: z.string().optional(),
    onMissing: z.enum(['keep', 'delete', 'mark']).optional(),
    intervalColumn: z.string().optional(),
    allowEmpty: z.boolean().optional(),
    lineage: z.boolean().optional(),
  }),
  z.object({
    kind: z.literal('parquet'),
    bucket: z.string(),
    prefix: z.string(),
    mode: z.enum(['replace', 'replace-interval']),
    partitionBy: z.array(z.string()).optional(),
    allowEmpty: z.boolean().optional(),
    s3: s3Access.optional(),
  }),
])

/** A definition as it is pinned in the store; one of an earlier version lacks what came later. */
export const pipelineDefinition: z.ZodType<PipelineDefinition> = z.object({
  name: z.string(),
  description: z.string().optional(),
  source,
  columns: z.array(columnDefinition),
  onReject: z.object({ max: z.number() }),
  schema: z.enum(['discard', 'freeze', 'evolve']).optional(),
  transform: z.object({ sql: z.string(), scope: z.enum(['batch', 'dataset']) }).optional(),
  checks: z.array(check).optional(),
  incremental: z.object({ column: z.string(), initial: z.string() }).optional(),
  target,
  schedule: z
    .object({
      every: z.enum(['hour', 'day', 'week', 'month']),
      hour: z.number(),
      minute: z.number(),
      on: z.number().optional(),
      timezone: z.string(),
      catchupMs: z.number(),
      jitterMs: z.number().optional(),
    })
    .optional(),
  after: z
    .array(
      z.object({
        pipeline: z.string(),
        onFailure: z.enum(['wait', 'fail', 'skip']),
        timeoutMs: z.number(),
      }),
    )
    .optional(),
  onItemFailure: z.enum(['stop', 'continue']).optional(),
  retention: z
    .object({
      datasets: z.object({ keep: z.number().optional(), days: z.number().optional() }).optional(),
      landings: z.object({ days: z.number() }).optional(),
      unfinished: z.object({ days: z.number() }).optional(),
      keepLastGood: z.boolean().optional(),
    })
    .optional(),
  limits: z.object({
    batchBytes: z.number(),
    pageBytes: z.number(),
    batchesInFlight: z.number(),
    attempts: z.number(),
    maxPages: z.number().optional(),
    itemsInFlight: z.number().optional(),
  }),
})
