import type { EndpointCaller, ItemSource, PageSource } from '../../activities/index.ts'
import { createFileSource, type FileSourceOptions } from './files/file-source.ts'
import type { ListedBucket } from './files/source-buckets.ts'
import { createEndpointCaller } from './endpoint-caller.ts'
import { createHttpSource } from './http-source.ts'
import { createModuleSource } from './modules/module-source.ts'
import { openHttpWalk } from './open-http-walk.ts'
import { createPostgresSource } from './postgres/postgres-source.ts'

export interface Sources {
  readonly pages: PageSource
  readonly items: ItemSource
  readonly endpoints: EndpointCaller
  close(): Promise<void>
}

export interface SourcesOptions extends FileSourceOptions {
  /** What `s3://` paths may read of the worker's own store. @default all that its credentials reach */
  readonly sourceBuckets?: readonly ListedBucket[] | undefined
  /** The directories that modules of pipelines are taken from. */
  readonly modules: readonly string[]
}

/** All kinds of sources, as a worker has them. */
export function createSources(options: SourcesOptions): Sources {
  const http = createHttpSource(options)
  const { store, sourceBuckets } = options
  const files = createFileSource({ ...options, store: store && { ...store, sourceBuckets } })
  const postgres = createPostgresSource(options)
  const endpoints = createEndpointCaller(options)
  const { environment, modules: directories } = options
  const modules = createModuleSource({ environment, directories })
  return {
    pages: {
      openWalk(request) {
        const { source } = request
        if (source.kind === 'module') return modules.openWalk(request)
        return openHttpWalk(http, { ...request, source })
      },
    },
    items: {
      list(request) {
        if (request.source.kind === 'file') return files.list(request)
        return postgres.list(request)
      },
      open(request) {
        if (request.source.kind === 'file') return files.open(request)
        return postgres.open(request)
      },
    },
    endpoints,
    async close() {
      endpoints.close()
      http.close()
      files.close()
    },
  }
}
