import type { FetchedPage, HttpSourceDefinition } from '../../../activities/index.ts'
import { createHttpSource, type HttpSourceOptions } from '../../../src/sources/http-source.ts'

/** Fetches the first page of a source as a worker does. */
export async function fetchFrom(
  source: Partial<HttpSourceDefinition> & { readonly url: string },
  options: Partial<HttpSourceOptions> & {
    readonly maxBytes?: number
    readonly signal?: AbortSignal
  } = {},
): Promise<FetchedPage> {
  const {
    maxBytes = 2 ** 20,
    signal = new AbortController().signal,
    environment = {},
    ...rest
  } = options
  const http = createHttpSource({ environment, firstDelayMs: 1, ...rest })
  try {
    return await http.fetchPage({ ...request(source), maxBytes, signal })
  } finally {
    http.close()
  }
}

/** A request for the first page. */
export function request(source: Partial<HttpSourceDefinition> & { readonly url: string }) {
  return {
    source: {
      kind: 'http',
      query: {},
      headers: {},
      format: 'json',
      records: [],
      next: { kind: 'none' },
      ...source,
    },
    slice: {
      partition: '2001-01-01',
      interval: { start: '2001-01-01T00:00:00Z', end: '2001-01-02T00:00:00Z' },
    },
    cursor: undefined,
    maxBytes: 2 ** 20,
    signal: new AbortController().signal,
  } as const
}
