import { z } from 'zod'
import { ClaimCheckError } from './claim-check-error.ts'
import { isDigest } from './digest.ts'
import type { ObjectKey } from './object-store.ts'

export const claimVersion = 1

/** What claims of every kind have; each kind adds its own. */
export const claimMembers = {
  claim: z.literal(claimVersion),
  bucket: z.string(),
  key: z.string().transform((key) => key as ObjectKey),
  digest: z.string().refine(isDigest),
  sizeBytes: z.int().nonnegative(),
  storedBytes: z.int().nonnegative(),
}

/** The members of a claim of this version. Throws `CLAIM_VERSION_UNKNOWN` and `CLAIM_MALFORMED`. */
export function parseClaimMembers<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  if (hasOtherVersion(value)) throw claimVersionUnknown(String(value.claim))
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw claimMalformed(`not as in a claim: ${wrongMembers(parsed.error)}`)
  return parsed.data
}

/** By name alone: what is in them, or what else there is, may be anybody's data. */
function wrongMembers({ issues }: z.ZodError): string {
  return [...new Set(issues.map(({ path }) => String(path[0] ?? 'its members')))].join(', ')
}

export function claimVersionUnknown(version: string): ClaimCheckError {
  return new ClaimCheckError('CLAIM_VERSION_UNKNOWN', `A claim has version ${version}`, {
    remedy: 'Upgrade Claimcheck on this worker or client to the version that wrote the claim.',
    at: { knownVersion: claimVersion },
  })
}

export function claimMalformed(what: string): ClaimCheckError {
  return new ClaimCheckError('CLAIM_MALFORMED', `A claim cannot be read: ${what}`, {
    remedy: 'Find out what wrote it; claims are made by this codec only.',
  })
}

function hasOtherVersion(value: unknown): value is { readonly claim: number } {
  if (typeof value !== 'object' || value === null || !('claim' in value)) return false
  return typeof value.claim === 'number' && value.claim !== claimVersion
}
