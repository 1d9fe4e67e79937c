import { CommandError } from '../command-error.ts'

/** Where a value stands in a pipeline file, by keys from the top. */
export type FieldPath = readonly string[]

export interface PipelineProblem {
  /** 1-based, as editors count. */
  readonly line: number
  readonly column: number
  readonly path: FieldPath
  readonly message: string
}

/** The one error for all that is wrong with a pipeline file, one line for each problem. */
export function invalidPipeline(
  fileName: string,
  problems: readonly PipelineProblem[],
): CommandError {
  const lines = problems
    .toSorted((one, other) => one.line - other.line || one.column - other.column)
    .map(({ line, column, path, message }) => {
      const field = path.length === 0 ? '' : ` ${formatPath(path)}`
      return `${fileName}:${line}:${column}${field}: ${message}`
    })
  const message =
    lines.length === 1
      ? lines.join('')
      : [`${fileName} has ${lines.length} problems`, ...lines].join('\n')
  return new CommandError('PIPELINE_INVALID', message, {
    remedy: 'Correct the pipeline file; docs/pipelines.md describes each key.',
  })
}

/** `columns.delay.type`; a name that would be unclear between dots stands in quotes. */
export function formatPath(path: FieldPath): string {
  return path.map((key) => (/^[\w-]+$/.test(key) ? key : JSON.stringify(key))).join('.')
}
