import type { ItemSource, PageSource } from '../../activities/index.ts'
import { createFileSource, type FileSourceOptions } from './files/file-source.ts'
import { createHttpSource } from './http-source.ts'
import { createModuleSource } from './modules/module-source.ts'
import { openHttpWalk } from './open-http-walk.ts'
import { createPostgresSource } from './postgres/postgres-source.ts'

export interface Sources {
  readonly pages: PageSource
  readonly items: ItemSource
  close(): Promise<void>
}

export interface SourcesOptions extends FileSourceOptions {
  /** The directories that modules of pipelines are taken from. */
  readonly modules: readonly string[]
}

/** All kinds of sources, as a worker has them. */
export function createSources(options: SourcesOptions): Sources {
  const http = createHttpSource(options)
  const files = createFileSource(options)
  const postgres = createPostgresSource(options)
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
    async close() {
      http.close()
      files.close()
    },
  }
}
