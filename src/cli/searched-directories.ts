import { readSettings } from '../config/read-settings.ts'
import { pipelineDirectories } from '../pipeline/pipeline-directories.ts'

/** The directories in which this process finds pipelines by name. */
export function searchedDirectories(): string[] {
  const configured = readSettings(process.env).pipelines
  return pipelineDirectories({ workingDirectory: process.cwd(), configured })
}
