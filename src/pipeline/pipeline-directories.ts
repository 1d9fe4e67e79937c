import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CommandError } from '../command-error.ts'

const SAMPLES = fileURLToPath(new URL('../../infra/sample-source/pipelines', import.meta.url))

/**
 * Where pipeline files are looked for, first match first: the project's `pipelines/`, what the
 * setting CLAIMCHECK_PIPELINES names, and the samples that come with the tool.
 * @throws CommandError SETTING_INVALID when a directory that the setting names is not there.
 */
export function pipelineDirectories(options: {
  readonly workingDirectory: string
  readonly configured: readonly string[]
}): string[] {
  const missing = options.configured.find((directory) => !isDirectory(directory))
  if (missing !== undefined) {
    throw new CommandError(
      'SETTING_INVALID',
      `CLAIMCHECK_PIPELINES names no directory: ${missing}`,
      {
        remedy: 'Correct CLAIMCHECK_PIPELINES, or unset it.',
      },
    )
  }
  const project = join(options.workingDirectory, 'pipelines')
  return [...(isDirectory(project) ? [project] : []), ...options.configured, SAMPLES]
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
