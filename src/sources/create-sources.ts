import type { ItemSource, PageSource } from '../../activities/index.ts'
import { createHttpSource, type HttpSourceOptions } from './http-source.ts'

export interface Sources {
  readonly pages: PageSource
  readonly items: ItemSource
  close(): Promise<void>
}

export type SourcesOptions = HttpSourceOptions

/** All kinds of sources, as a worker has them. */
export function createSources(options: SourcesOptions): Sources {
  const http = createHttpSource(options)
  return {
    pages: {
      openWalk({ source, slice, maxBytes, signal }) {
        if (source.kind === 'module') throw new Error('there are no modules yet')
        return {
          page: (cursor) => http.fetchPage({ source, slice, cursor, maxBytes, signal }),
          close: async () => {},
        }
      },
    },
    items: {
      list: () => {
        throw new Error('there are no items yet')
      },
      open: () => Promise.reject(new Error('there are no items yet')),
    },
    async close() {
      http.close()
    },
  }
}
