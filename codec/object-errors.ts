import { ClaimCheckError } from './claim-check-error.ts'
import type { ErrorPlace } from './coded-error.ts'

/** The object is not the one that a read began with, or may not be. */
export function objectReplaced(message: string, at: ErrorPlace, cause?: unknown): ClaimCheckError {
  return new ClaimCheckError('OBJECT_REPLACED', message, {
    remedy: 'It is safe to read it again from its start.',
    retryable: true,
    at,
    cause,
  })
}

export function objectTooLarge(
  objectBytes: number,
  maxBytes: number,
  at: ErrorPlace,
): ClaimCheckError {
  return new ClaimCheckError(
    'OBJECT_TOO_LARGE',
    `The object has ${objectBytes} bytes or more, and at most ${maxBytes} are taken`,
    { remedy: 'Find out what wrote it, or read it as a stream.', at },
  )
}

/** The object ends before the byte that a read should start at, so it is not the one meant. */
export function objectTooShort(
  objectBytes: number,
  startBytes: number,
  at: ErrorPlace,
): ClaimCheckError {
  return objectReplaced(
    `The object has ${objectBytes} bytes; reading should start at byte ${startBytes}`,
    at,
  )
}
