import type { PipelineDefinition, TargetDefinition } from '../../activities/pipeline-definition.ts'
import { CommandError } from '../command-error.ts'
import type { Parsed } from './parsed.ts'
import { parsePrefix, parseTargetTable } from './target-schema.ts'

/**
 * The same pipeline with another target of the same kind and mode: a table, `schema.table`, or a prefix,
 * `s3://bucket/prefix`, where the pipeline's is one.
 *
 * @throws CommandError TARGET_INVALID
 */
export function withOtherTarget(definition: PipelineDefinition, text: string): PipelineDefinition {
  const { name: pipeline, target } = definition
  const parsed = otherTarget(target, text)
  if ('value' in parsed) return { ...definition, target: parsed.value }
  const form = target.kind === 'postgres' ? 'schema.table' : 's3://bucket/prefix'
  throw new CommandError('TARGET_INVALID', `the other target ${parsed.problem}`, {
    at: { pipeline },
    remedy: `Write it as ${form}: its kind and mode are those of the pipeline file.`,
  })
}

function otherTarget(target: TargetDefinition, text: string): Parsed<TargetDefinition> {
  if (target.kind === 'postgres') {
    // It could be the name of a table, and is not meant to be one.
    if (text.includes('://')) return { problem: 'is an address, and the pipeline loads a table' }
    const table = parseTargetTable(text)
    return 'value' in table ? { value: { ...target, ...table.value } } : table
  }
  const prefix = parsePrefix(text)
  return 'value' in prefix ? { value: { ...target, ...prefix.value } } : prefix
}
