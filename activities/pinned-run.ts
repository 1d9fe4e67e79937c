import { z } from 'zod'
import type { CallOptions, ObjectStore } from '../codec/index.ts'
import { definitionKey } from './bucket-layout.ts'
import { getJson } from './json-object.ts'
import { plainColumnKinds, type PipelineDefinition } from './pipeline-definition.ts'
import type { PinnedRun, RunReference } from './run-reference.ts'

const columnType = z.union([
  z.object({ kind: z.enum(plainColumnKinds) }),
  z.object({ kind: z.literal('numeric'), precision: z.number(), scale: z.number() }),
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

const definition: z.ZodType<PipelineDefinition> = z.object({
  name: z.string(),
  source: z.object({
    kind: z.literal('http'),
    url: z.string(),
    query: z.record(z.string(), z.string()),
    headers: z.record(z.string(), z.string()),
    format: z.enum(['json', 'ndjson', 'csv']),
    records: z.array(z.string()),
    next: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('none') }),
      z.object({
        kind: z.literal('cursor'),
        path: z.array(z.string()),
        parameter: z.string(),
      }),
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
  }),
  columns: z.array(
    z.object({
      name: z.string(),
      type: columnType,
      from: z.string(),
      path: z.array(z.string()).optional(),
      default: z.string().optional(),
      key: z.boolean(),
    }),
  ),
  onReject: z.object({ max: z.number() }),
  target: z.object({
    kind: z.literal('postgres'),
    schema: z.string(),
    table: z.string(),
    mode: z.literal('merge'),
  }),
  limits: z.object({
    batchBytes: z.number(),
    pageBytes: z.number(),
    batchesInFlight: z.number(),
    attempts: z.number(),
    maxPages: z.number().optional(),
  }),
})

const pinnedRun: z.ZodType<PinnedRun> = z.object({
  definition,
  interval: z.object({ start: z.string(), end: z.string() }),
  requestedAt: z.string(),
})

/** What this run was told to do when it began. */
export function readPinnedRun(
  store: ObjectStore,
  run: RunReference,
  options: CallOptions,
): Promise<PinnedRun> {
  return getJson(store, definitionKey(run), pinnedRun, options)
}
