import { ApplicationFailure } from '@temporalio/workflow'

/** What a person is told of a failure. */
export interface RunFailure {
  readonly code: string
  readonly message: string
  readonly remedy: string
}

const look = 'Look at the run in the Temporal UI.'

/** Of a failure that was given no code. */
export const uncodedFailure: RunFailure = {
  code: 'RUN_FAILED',
  message: 'the run failed',
  remedy: look,
}

/** The first failure among the causes that was given a code where it happened; nothing where none was. */
export function codedFailure(error: unknown): RunFailure | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ApplicationFailure && typeof cause.type === 'string') {
      return { code: cause.type, message: cause.message, remedy: remedyOf(cause) }
    }
  }
  return undefined
}

function remedyOf({ details }: ApplicationFailure): string {
  const [first] = Array.isArray(details) ? details : []
  const isTold = typeof first === 'object' && first !== null && 'remedy' in first
  return isTold ? String(first.remedy) : look
}
