import type { PipelineDefinition } from '../../activities/pipeline-definition.ts'
import { CommandError } from '../command-error.ts'
import { findPipelines } from './find-pipelines.ts'
import { suggestion } from './suggestion.ts'
import { parsePipelineFile } from './parse-pipeline-file.ts'
import { PIPELINE_NAME, PIPELINE_NAME_RULE } from './pipeline-name.ts'
import { readPipelineText } from './read-pipeline-text.ts'

/**
 * Loads a pipeline by name, from the first of the directories that has it.
 * @throws CommandError PIPELINE_NOT_FOUND, PIPELINE_INVALID
 */
export async function loadPipeline(
  name: string,
  directories: readonly string[],
): Promise<PipelineDefinition> {
  const path = await pipelinePath(name, directories)
  return parsePipelineFile(await readPipelineText(path), path)
}

/**
 * The file of the pipeline of that name.
 * @throws CommandError PIPELINE_NOT_FOUND
 */
export async function pipelinePath(name: string, directories: readonly string[]): Promise<string> {
  const paths = await findPipelines(directories)
  const path = PIPELINE_NAME.test(name) ? paths.get(name) : undefined
  if (path === undefined) throw notFound(name, directories, [...paths.keys()])
  return path
}

function notFound(
  name: string,
  directories: readonly string[],
  known: readonly string[],
): CommandError {
  const shown = PIPELINE_NAME.test(name) ? name : JSON.stringify(name.slice(0, 80))
  const rule = PIPELINE_NAME.test(name) ? '' : `: ${PIPELINE_NAME_RULE}`
  return new CommandError(
    'PIPELINE_NOT_FOUND',
    `There is no pipeline ${shown}${suggestion(name, known)} in ${directories.join(', ')}${rule}`,
    {
      remedy:
        known.length === 0
          ? 'Write a pipeline file there; docs/pipelines.md says how.'
          : `There are: ${known.toSorted().join(', ')}.`,
    },
  )
}
