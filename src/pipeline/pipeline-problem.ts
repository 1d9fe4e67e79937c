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

/** PIPELINE_INVALID: all that is wrong with one file, in the order of the file. */
export class InvalidPipelineError extends CommandError {
  readonly fileName: string
  readonly problems: readonly PipelineProblem[]

  constructor(fileName: string, problems: readonly PipelineProblem[]) {
    const sorted = problems.toSorted(
      (one, other) => one.line - other.line || one.column - other.column,
    )
    const lines = sorted.map((problem) => formatProblem(fileName, problem))
    const message =
      lines.length === 1
        ? lines.join('')
        : [`${fileName} has ${lines.length} problems`, ...lines].join('\n')
    super('PIPELINE_INVALID', message, {
      remedy: 'Correct the pipeline file; docs/pipelines.md describes each key.',
    })
    this.fileName = fileName
    this.problems = sorted
  }
}

/** The one error for all that is wrong with a pipeline file, one line for each problem. */
export function invalidPipeline(
  fileName: string,
  problems: readonly PipelineProblem[],
): InvalidPipelineError {
  return new InvalidPipelineError(fileName, problems)
}

/** `flights.yaml:3:5 source.url: is missing`, as editors and compilers write it. */
export function formatProblem(
  fileName: string,
  { line, column, path, message }: PipelineProblem,
): string {
  const field = path.length === 0 ? '' : ` ${formatPath(path)}`
  return `${fileName}:${line}:${column}${field}: ${message}`
}

/** `columns.delay.type`; a name that would be unclear between dots stands in quotes. */
export function formatPath(path: FieldPath): string {
  return path.map((key) => (/^[\w-]+$/.test(key) ? key : JSON.stringify(key))).join('.')
}
