import type { SourceAuth, SourceDefinition } from '../../activities/source-definition.ts'
import type { PipelineFile } from './pipeline-schema.ts'
import { toS3Access } from './s3-access-schema.ts'

/**
 * The source of a definition. What is not in the file is not in it either: a landing is found by its
 * digest.
 */
export function toSource(source: PipelineFile['source']): SourceDefinition {
  switch (source.kind) {
    case 'http': {
      const { auth, timeout_seconds: timeoutSeconds, rate, concurrency, ...plain } = source
      return {
        ...plain,
        records: source.records ?? [],
        ...(auth === undefined ? {} : { auth: toAuth(auth) }),
        ...(timeoutSeconds === undefined ? {} : { timeoutMs: timeoutSeconds * 1000 }),
        ...(rate === undefined ? {} : { rate: { requestsPerSecond: rate.requests_per_second } }),
        ...(concurrency === undefined ? {} : { concurrency }),
      }
    }
    case 'file': {
      const { path, compression, auth, s3, ...plain } = source
      return {
        ...plain,
        paths: path,
        records: source.records ?? [],
        ...(compression === undefined ? {} : { compression }),
        ...(auth === undefined ? {} : { auth: toAuth(auth) }),
        ...(s3 === undefined ? {} : { s3: toS3Access(s3) }),
      }
    }
    case 'postgres': {
      const { kind, url, table, query, split } = source
      return {
        kind,
        url,
        ...(table === undefined ? {} : { table }),
        ...(query === undefined ? {} : { query }),
        ...(split === undefined ? {} : { split }),
        format: 'csv',
        records: [],
      }
    }
    case 'module':
      return { ...source, format: 'ndjson', records: [] }
  }
}

type WrittenAuth = NonNullable<Extract<PipelineFile['source'], { kind: 'file' }>['auth']>

function toAuth(auth: WrittenAuth): SourceAuth {
  if (auth.kind !== 'oauth2') return auth
  const { token_url: tokenUrl, client_id: clientId, client_secret: clientSecret, scope } = auth
  const common = { kind: auth.kind, tokenUrl, clientId, clientSecret }
  return scope === undefined ? common : { ...common, scope }
}
