import { isGrpcServiceError, ServiceError } from '@temporalio/client'

/** The code of gRPC that a call to Temporal has failed with; undefined of what is no answer of a server. */
export function grpcCode(error: unknown): number | undefined {
  const cause = error instanceof ServiceError ? error.cause : error
  return isGrpcServiceError(cause) ? cause.code : undefined
}
