import type { PipelineDefinition } from '../../activities/pipeline-definition.ts'

/**
 * Where a source is, for lists: the host, with references as they are written. User, password, path and
 * query stay out, since they may hold secrets.
 */
export function sourcePlace({ url }: PipelineDefinition['source']): string {
  return /^(?:(?:\w+|\$\{\w+\}):\/\/)?(?:[^/?]*@)?([^/?]*)/.exec(url)?.[1] ?? ''
}
