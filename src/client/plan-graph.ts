import { dirname } from 'node:path'
import type { PipelineDefinition } from '../../activities/index.ts'
import { CodedError } from '../../codec/coded-error.ts'
import { listPipelines } from '../pipeline/list-pipelines.ts'
import { planDownstream } from './plan-downstream.ts'

/** What is loaded where all pipelines are meant. */
export interface PlannedGraph {
  /** Of the graph of all pipelines: each partition has one. */
  readonly name: string
  readonly definitions: readonly PipelineDefinition[]
  /** The pipelines that come after any of them. */
  readonly downstream: readonly PipelineDefinition[]
  /** Those that cannot be loaded: their files, or those of pipelines that they belong with, are wrong. */
  readonly refused: readonly RefusedPipeline[]
}

interface RefusedPipeline {
  readonly pipeline: string
  readonly error: CodedError
}

/**
 * The graph of all pipelines of the directories; one that is wrong keeps none from being loaded but those
 * that belong with it.
 */
export async function planGraph(directories: readonly string[]): Promise<PlannedGraph> {
  const listed = await listPipelines(directories)
  const own = listed.filter(({ path }) => dirname(path) !== directories.at(-1))
  // The samples, which are looked for last, are meant only where there is nothing else.
  const files = own.length > 0 ? own : listed
  const definitions: PipelineDefinition[] = []
  const downstream = new Map<string, PipelineDefinition>()
  const refused: RefusedPipeline[] = []
  for (const file of files) {
    try {
      if (file.kind === 'invalid') throw file.error
      // Unknown upstreams and circles show where one is asked for what comes after it.
      for (const later of planDownstream(file.name, files)) downstream.set(later.name, later)
      definitions.push(file.definition)
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      refused.push({ pipeline: file.name, error })
    }
  }
  return { name: 'all', definitions, downstream: [...downstream.values()], refused }
}
