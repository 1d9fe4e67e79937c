import type {
  HttpSourceDefinition,
  PipelineDefinition,
  SourceAuth,
  SourceFormat,
} from '../../activities/pipeline-definition.ts'
import { parseMemberPath } from './member-path.ts'
import type { PipelineFile } from './pipeline-schema.ts'

/** What a run is told of a file. Columns come in the order of `columnNames`, the file's. */
export function toDefinition(
  file: PipelineFile,
  columnNames: readonly string[],
): PipelineDefinition {
  const { source, target, limits } = file
  return {
    name: file.name,
    source: toSource(source),
    columns: columnNames.flatMap((name) => {
      const column = file.columns[name]
      if (column === undefined) return []
      const { type, from = name, key } = column
      return [
        { name, type, from, key, ...toPath(source.format, from), ...toDefault(column.default) },
      ]
    }),
    onReject: { max: file.on_reject.max },
    target: { kind: target.kind, ...target.table, mode: target.mode },
    limits: {
      batchBytes: limits.batch_bytes,
      pageBytes: limits.page_bytes,
      batchesInFlight: limits.batches_in_flight,
      attempts: limits.attempts,
      ...(limits.max_pages === undefined ? {} : { maxPages: limits.max_pages }),
    },
  }
}

/** What is not in the file is not in the definition either: a landing is found by its digest. */
function toSource({
  auth,
  timeout_seconds: timeoutSeconds,
  rate,
  ...source
}: PipelineFile['source']): HttpSourceDefinition {
  return {
    ...source,
    records: source.records ?? [],
    ...(auth === undefined ? {} : { auth: toAuth(auth) }),
    ...(timeoutSeconds === undefined ? {} : { timeoutMs: timeoutSeconds * 1000 }),
    ...(rate === undefined ? {} : { rate: { requestsPerSecond: rate.requests_per_second } }),
  }
}

function toAuth(auth: NonNullable<PipelineFile['source']['auth']>): SourceAuth {
  if (auth.kind !== 'oauth2') return auth
  const { token_url: tokenUrl, client_id: clientId, client_secret: clientSecret, scope } = auth
  const common = { kind: auth.kind, tokenUrl, clientId, clientSecret }
  return scope === undefined ? common : { ...common, scope }
}

/** CSV has no members inside members: there a name is a name. */
function toPath(format: SourceFormat, from: string): { path?: readonly string[] } {
  if (format === 'csv' || !from.startsWith('$.')) return {}
  const path = parseMemberPath(from)
  return 'value' in path ? { path: path.value } : {}
}

function toDefault(value: string | undefined): { default?: string } {
  return value === undefined ? {} : { default: value }
}
