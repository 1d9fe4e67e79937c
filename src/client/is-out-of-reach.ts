import { grpcCode } from './grpc-code.ts'

/** The codes of gRPC for a deadline that is over, and for a server that is away. */
const outOfReach: readonly (number | undefined)[] = [4, 14]

/** Whether a call to Temporal failed because the server did not answer, or not in time. */
export function isOutOfReach(error: unknown): boolean {
  return outOfReach.includes(grpcCode(error))
}
