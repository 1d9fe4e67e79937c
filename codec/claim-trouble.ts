import { ClaimCheckError } from './claim-check-error.ts'
import type { ErrorPlace } from './coded-error.ts'
import { damaged } from './envelope-header.ts'

/** The store's word about an object, said of the claim that names it. */
export function toClaimTrouble(error: unknown, at: ErrorPlace): unknown {
  if (!(error instanceof ClaimCheckError)) return error
  if (error.code === 'OBJECT_TOO_LARGE') {
    return damaged('it is longer than its claim allows', at, error)
  }
  if (error.code !== 'OBJECT_MISSING') return error
  return new ClaimCheckError('BLOB_MISSING', 'The blob of a claim is not in the store', {
    remedy: 'Put the object back under its key; a workflow that waits for it then goes on.',
    at,
    cause: error,
  })
}

export function claimForeign(at: ErrorPlace): ClaimCheckError {
  return new ClaimCheckError('CLAIM_FOREIGN', 'A claim belongs to another namespace', {
    remedy: 'Where namespaces may read from each other, name that one in readableNamespaces.',
    at,
  })
}
