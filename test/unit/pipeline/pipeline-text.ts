import type { HttpSourceDefinition, PipelineDefinition } from '../../../activities/index.ts'
import { CommandError } from '../../../src/command-error.ts'
import { parsePipelineFile } from '../../../src/pipeline/parse-pipeline-file.ts'

/** A pipeline file with some sections replaced by others. */
export function pipelineText(sections: Partial<Record<string, string>> = {}): string {
  const whole = {
    name: 'flights',
    source: '{ kind: http, url: "http://source.invalid/flights" }',
    columns: '{ id: { type: bigint, key: true } }',
    target: '{ kind: postgres, table: flights, mode: merge }',
    ...sections,
  }
  return Object.entries(whole)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('')
}

/** The problems of a file, one a line. */
export function problemsOf(text: string, fileName = 'flights.yaml'): string[] {
  try {
    parsePipelineFile(text, fileName)
  } catch (error) {
    if (!(error instanceof CommandError) || error.code !== 'PIPELINE_INVALID') throw error
    const lines = error.message.split('\n')
    return lines.length === 1 ? lines : lines.slice(1)
  }
  return []
}

/** The source of a pipeline that has one over HTTP. */
export function httpSource({ source }: PipelineDefinition): HttpSourceDefinition {
  if (source.kind === 'http') return source
  throw new Error(`the source is of kind ${source.kind}`)
}
