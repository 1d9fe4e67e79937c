import type { HttpSourceDefinition, PageWalk, WalkRequest } from '../../activities/index.ts'
import type { HttpSource } from './http-source.ts'

/** A walk through the pages of an HTTP source; closing it ends what is still asked for. */
export function openHttpWalk(
  http: HttpSource,
  request: WalkRequest & { readonly source: HttpSourceDefinition },
): PageWalk {
  const closing = new AbortController()
  const signal = AbortSignal.any([request.signal, closing.signal])
  return {
    page: (cursor) => http.fetchPage({ ...request, cursor, signal }),
    close: async () => closing.abort(),
  }
}
