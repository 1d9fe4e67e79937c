import type { PipelineDefinition } from '../../activities/pipeline-definition.ts'
import { CommandError } from '../command-error.ts'
import { findPipelines } from './find-pipelines.ts'
import { parsePipelineFile } from './parse-pipeline-file.ts'
import { readPipelineText } from './read-pipeline-text.ts'

/** A pipeline file that was found, whether or not it can be used. */
export type ListedPipeline = {
  readonly name: string
  readonly path: string
} & (
  | { readonly kind: 'valid'; readonly definition: PipelineDefinition }
  | { readonly kind: 'invalid'; readonly error: CommandError }
)

/** Every pipeline of the directories by name; one that is broken does not hide the others. */
export async function listPipelines(directories: readonly string[]): Promise<ListedPipeline[]> {
  const found = [...(await findPipelines(directories))].toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  )
  return Promise.all(found.map(([name, path]) => listPipeline(name, path)))
}

async function listPipeline(name: string, path: string): Promise<ListedPipeline> {
  try {
    const definition = parsePipelineFile(await readPipelineText(path), path)
    return { name, path, kind: 'valid', definition }
  } catch (error) {
    if (error instanceof CommandError) return { name, path, kind: 'invalid', error }
    throw error
  }
}
