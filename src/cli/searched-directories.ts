import type { Settings } from '../config/read-settings.ts'
import { pipelineDirectories } from '../pipeline/pipeline-directories.ts'

/** The directories in which this process finds pipelines by name. */
export function searchedDirectories({ pipelines: configured }: Settings): string[] {
  return pipelineDirectories({ workingDirectory: process.cwd(), configured })
}
