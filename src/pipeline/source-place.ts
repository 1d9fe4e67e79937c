import type { PipelineDefinition } from '../../activities/pipeline-definition.ts'

/**
 * Where a source is, for lists: the host, with references as they are written. User, password, path and
 * query stay out, since they may hold secrets.
 */
export function sourcePlace(source: PipelineDefinition['source']): string {
  switch (source.kind) {
    case 'http':
    case 'postgres':
      return hostOf(source.url)
    case 'file': {
      const [first = '', ...more] = source.paths
      const place = /^(?:https?:|\$\{)/i.test(first) ? hostOf(first) : first
      return more.length === 0 ? place : `${place} and ${more.length} more`
    }
    case 'module':
      return source.path
  }
}

function hostOf(url: string): string {
  return /^(?:(?:\w+|\$\{\w+\}):\/\/)?(?:[^/?]*@)?([^/?]*)/.exec(url)?.[1] ?? ''
}
