import { PipelineError } from '../../../activities/pipeline-error.ts'
import { errorCode } from '../error-code.ts'

/** The module's name in pipeline files. */
type ModulePath = string

/** What is wrong with the module itself: another attempt does not help. */
export function moduleInvalid(path: ModulePath, problem: string, cause?: unknown): PipelineError {
  return new PipelineError('MODULE_INVALID', `the module ${problem}`, {
    at: { module: path },
    remedy:
      'Correct the module, or `source.path` of the pipeline file, and start the workers again.',
    cause,
  })
}

/** What is wrong with what the module does. */
export function moduleFailed(path: ModulePath, problem: string, remedy: string): PipelineError {
  return new PipelineError('MODULE_FAILED', `the module ${problem}`, {
    at: { module: path },
    remedy,
  })
}

/**
 * For what a module has thrown: another attempt may help, unless the error says `retryable: false`. Its
 * message may hold data and is not repeated.
 */
export function moduleThrew(path: ModulePath, error: unknown): PipelineError {
  return new PipelineError('MODULE_FAILED', `the module has thrown ${describeThrown(error)}`, {
    at: { module: path },
    remedy: 'Look at what the module asks for; run it by itself to see the whole error.',
    retryable: !(error instanceof Error && 'retryable' in error && error.retryable === false),
    cause: error,
  })
}

/** Class and code of an error, and the code of what caused it. */
export function describeThrown(error: unknown): string {
  if (!(error instanceof Error)) return `what is no Error (${typeof error})`
  const name = /^[A-Z]\w{0,60}$/.test(error.name) ? error.name : 'an error'
  const code = codeOf(error) ?? codeOf(error.cause)
  return code === undefined ? name : `${name} (${code})`
}

function codeOf(error: unknown): string | undefined {
  const code = errorCode(error)
  return /^[A-Z][A-Z0-9_]{0,60}$/.test(code ?? '') ? code : undefined
}
