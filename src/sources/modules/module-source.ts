import type { PageSource } from '../../../activities/index.ts'
import type { Environment } from '../resolve-references.ts'
import { ModuleWalk } from './module-walk.ts'

export interface ModuleSourceOptions {
  /** Where `${NAME}` references are looked up. */
  readonly environment: Environment
  /** Where modules are, relative to the working directory: code from elsewhere is not run. */
  readonly directories: readonly string[]
}

/** Pages of the user's own modules, which run in the worker with all that the worker may do. */
export function createModuleSource(options: ModuleSourceOptions): PageSource {
  return {
    openWalk(request) {
      const { source } = request
      if (source.kind !== 'module') throw new Error(`a ${source.kind} source is no module`)
      return new ModuleWalk({ ...options, request: { ...request, source } })
    },
  }
}
