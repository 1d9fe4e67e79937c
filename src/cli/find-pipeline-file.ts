import { statSync } from 'node:fs'
import { CommandError } from '../command-error.ts'
import { pipelinePath } from '../pipeline/load-pipeline.ts'

/**
 * The file that an argument means: a path where it looks like one, else the pipeline of that name.
 * @throws CommandError PIPELINE_NOT_FOUND
 */
export async function findPipelineFile(
  nameOrFile: string,
  directories: readonly string[],
): Promise<string> {
  if (!/[/\\]|\.ya?ml$/.test(nameOrFile)) return pipelinePath(nameOrFile, directories)
  if (statSync(nameOrFile, { throwIfNoEntry: false })?.isFile() === true) return nameOrFile
  throw new CommandError('PIPELINE_NOT_FOUND', `There is no file ${nameOrFile}`, {
    remedy: 'Check the path; without .yaml it is read as the name of a pipeline.',
  })
}
