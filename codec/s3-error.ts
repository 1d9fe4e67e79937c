import type { ErrorPlace } from './coded-error.ts'
import { ClaimCheckError } from './claim-check-error.ts'

export interface S3ErrorFacts {
  /** The S3 error code, or the name of the exception. */
  readonly name: string
  /** The system's code, e.g. `ECONNREFUSED`. */
  readonly systemCode: string
  /** 0 where no response came. */
  readonly status: number
  readonly message: string
}

/** What an exception of the AWS SDK or of Node's network says, read without trusting its type. */
export function readS3Error(error: unknown): S3ErrorFacts {
  if (!(error instanceof Error))
    return { name: '', systemCode: '', status: 0, message: String(error) }
  const status = statusOf('$metadata' in error ? error.$metadata : undefined)
  const systemCode = 'code' in error && typeof error.code === 'string' ? error.code : ''
  // A refused connection to several addresses is an AggregateError whose own message is empty.
  const message = error.message === '' ? systemCode : error.message
  return { name: error.name, systemCode, status, message }
}

function statusOf(metadata: unknown): number {
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return 0
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : 0
}

const NETWORK_CODES = /^(E[A-Z]+|UND_ERR_.*|ERR_STREAM_PREMATURE_CLOSE|ERR_SOCKET.*)$/
const BUSY_NAMES =
  /^(SlowDown|Throttl.*|TimeoutError|RequestTimeout.*|RequestLimitExceeded|ServiceUnavailable|InternalError|ServerBusy|TooManyRequests.*)$/
const DENIED_NAMES =
  /^(AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|AuthorizationHeaderMalformed|CredentialsProviderError|AccountProblem|AllAccessDisabled)$/

/** The store's or the network's error as ours. Those that are ours already pass unchanged. */
export function toStoreError(error: unknown, at: ErrorPlace): Error {
  if (error instanceof ClaimCheckError) return error
  const facts = readS3Error(error)
  const said = facts.message === '' ? facts.name : facts.message
  if (facts.name === 'NoSuchBucket') {
    return new ClaimCheckError('STORE_BUCKET_MISSING', 'The bucket does not exist', {
      remedy: 'Create the bucket, or correct its name in the configuration.',
      at,
      cause: error,
    })
  }
  if (facts.name === 'NoSuchKey' || (facts.name === 'NotFound' && 'key' in at)) {
    return objectMissing(at, error)
  }
  if (facts.name === 'RequestTimeTooSkewed') {
    // The SDK learns the store's clock from this answer, so the next try is signed right.
    return storeUnreachable(`The store refused this machine's clock: ${said}`, at, error)
  }
  if (DENIED_NAMES.test(facts.name) || facts.status === 401 || facts.status === 403) {
    return new ClaimCheckError(
      'STORE_DENIED',
      `The store refused access: ${facts.status} ${facts.name}`,
      {
        remedy:
          'Check the access key, its permissions on this bucket (s3:ListBucket too: without it a missing object reads as refused) and the clock of this machine.',
        at,
        cause: error,
      },
    )
  }
  const isTransient =
    NETWORK_CODES.test(facts.systemCode) ||
    BUSY_NAMES.test(facts.name) ||
    facts.status === 408 ||
    facts.status === 429 ||
    (facts.status >= 500 && facts.status !== 501)
  if (isTransient) return storeUnreachable(`The store could not be reached: ${said}`, at, error)
  return new ClaimCheckError('STORE_FAILED', `The store refused the request: ${said}`, {
    remedy: 'Read the message of the store; check that the endpoint speaks S3.',
    at,
    cause: error,
  })
}

export function storeUnreachable(
  message: string,
  at: ErrorPlace,
  cause?: unknown,
): ClaimCheckError {
  return new ClaimCheckError('STORE_UNREACHABLE', message, {
    remedy: 'Check that the store runs and that its endpoint is right; it is safe to try again.',
    retryable: true,
    at,
    cause,
  })
}

export function objectMissing(at: ErrorPlace, cause?: unknown): ClaimCheckError {
  return new ClaimCheckError('OBJECT_MISSING', 'The object does not exist', {
    remedy: 'Check the key; if the object was deleted, restore it under the same key.',
    at,
    cause,
  })
}
