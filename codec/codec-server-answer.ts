import { reasonOf, statusOf, toCodedError } from './codec-server-failure.ts'
import type { DecodeOutcome } from './codec-server-decode.ts'
import type { CodedError } from './coded-error.ts'
import { markPayload } from './marked-payload.ts'
import type { PayloadJson } from './payload-json.ts'

/** One payload that failed. */
export interface PayloadFailure {
  readonly index: number
  readonly error: CodedError
}

export function failuresIn(outcomes: readonly DecodeOutcome[]): PayloadFailure[] {
  return outcomes.flatMap((outcome, index) =>
    'error' in outcome ? [{ index, error: outcome.error }] : [],
  )
}

export function answerPayloads(payloads: readonly PayloadJson[]): Response {
  return Response.json({ payloads })
}

/**
 * All that could be decoded, and each of the others as itself, marked: one lost blob must not hide
 * what stands beside it. Not even a refusal of nothing but lost ones would do: the Temporal CLI asks
 * field by field, tries again whatever is refused, and then shows nothing of the whole history. So
 * that is for when it can help, where all failed and one of them can be had later.
 */
export function answerMarked(
  payloads: readonly PayloadJson[],
  outcomes: readonly DecodeOutcome[],
): Response {
  const failures = failuresIn(outcomes)
  const later = failures.find(({ error }) => error.retryable)
  if (later !== undefined && failures.length === outcomes.length) {
    return answerFailures(failures, later)
  }
  return answerPayloads(
    outcomes.map((outcome, index) =>
      'decoded' in outcome ? outcome.decoded : markPayload(payloads[index] ?? {}, outcome.error),
    ),
  )
}

/** All values, or a refusal that names each payload that failed: a mark must not be saved as a value. */
export function answerWhole(outcomes: readonly DecodeOutcome[]): Response {
  const failures = failuresIn(outcomes)
  if (failures.length > 0) {
    return answerFailures(
      failures,
      failures.find(({ error }) => !error.retryable),
    )
  }
  return answerPayloads(
    outcomes.flatMap((outcome) => ('decoded' in outcome ? [outcome.decoded] : [])),
  )
}

/** A refusal of the whole request. */
export function answerError(thrown: unknown, status?: number): Response {
  const error = toCodedError(thrown)
  return refuse(status ?? statusOf(error), { code: error.code, message: reasonOf(error) })
}

/** `decisive` gives the status; without one, the first does. */
function answerFailures(
  failures: readonly PayloadFailure[],
  decisive: PayloadFailure | undefined = failures[0],
): Response {
  const error = toCodedError(decisive?.error)
  return refuse(statusOf(error), {
    code: error.code,
    message: failures
      .map((failed) => `payload ${failed.index}: ${reasonOf(failed.error)}`)
      .join('\n'),
    errors: failures.map(({ index, error: { code, message, remedy } }) => {
      return { index, code, message, remedy }
    }),
  })
}

function refuse(status: number, body: Readonly<Record<string, unknown>>): Response {
  const headers = refusalHeaders[status] ?? {}
  return Response.json(body, { status, headers })
}

const refusalHeaders: Readonly<Record<number, Record<string, string>>> = {
  401: { 'www-authenticate': 'Bearer' },
  405: { allow: 'POST, OPTIONS' },
  503: { 'retry-after': '2' },
}
