import { CodedError, type ErrorPlace } from '../../codec/coded-error.ts'
import { PipelineError } from '../pipeline-error.ts'

/** Why it cannot be told what may be deleted; what was in the way is its cause. */
export function undecided(what: string, cause?: unknown, at: ErrorPlace = {}): PipelineError {
  if (cause instanceof PipelineError && cause.code === 'GARBAGE_UNDECIDED') return cause
  const why = cause === undefined ? '' : `: ${reasonOf(cause)}`
  return new PipelineError('GARBAGE_UNDECIDED', `${what}${why}; nothing is deleted`, {
    remedy: 'Put right what is in the way, then ask again.',
    retryable: cause !== undefined && (!(cause instanceof CodedError) || cause.retryable),
    at,
    cause,
  })
}

/** Runs `work`, whose failure means that nothing can be told. */
export async function decided<T>(
  what: string,
  signal: AbortSignal,
  work: () => Promise<T>,
  at: ErrorPlace = {},
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    signal.throwIfAborted()
    throw undecided(what, error, at)
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof CodedError) return `${cause.code}: ${cause.message}`
  if (!(cause instanceof Error)) return typeof cause
  const [line = ''] = cause.message.split('\n', 1)
  return `${cause.name}: ${line.slice(0, 200)}`
}
