import { isGrpcServiceError, ServiceError } from '@temporalio/client'

/** The codes of gRPC for a deadline that is over, and for a server that is away. */
const outOfReach: readonly number[] = [4, 14]

/** Whether a call to Temporal failed because the server did not answer, or not in time. */
export function isOutOfReach(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : error
  return isGrpcServiceError(cause) && outOfReach.includes(cause.code)
}
