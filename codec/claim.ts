import { z } from 'zod'
import {
  claimMalformed,
  claimMembers,
  parseClaimMembers,
  type claimVersion,
} from './claim-members.ts'
import type { Digest } from './digest.ts'
import type { ObjectKey } from './object-store.ts'
import { parseValueKey } from './value-key.ts'

declare const claimed: unique symbol

/**
 * A reference to a value that an activity put into the store by hand. Plain data of a few hundred
 * bytes: a workflow passes it on, keeps it and returns it like any other value, and never downloads
 * what it stands for. `T` is the type of that value. `FORMAT.md` specifies it.
 */
export interface Claim<T = unknown> {
  readonly claim: typeof claimVersion
  readonly kind: 'value'
  /** Where it was written. For people: a reader uses its own store, so a bucket can be moved. */
  readonly bucket: string
  readonly key: ObjectKey
  readonly digest: Digest
  /** Of the value itself. */
  readonly sizeBytes: number
  /** Of the envelope in the store. */
  readonly storedBytes: number
  readonly encoding: ValueEncoding
  readonly [claimed]?: T
}

/**
 * `json/plain` is JSON text; `json/rows` is the JSON text of an array, each element on a line of its
 * own; `binary/plain` is bytes, and `binary/stream` bytes that are meant to be streamed.
 */
export type ValueEncoding = (typeof valueEncodings)[number]
const valueEncodings = ['json/plain', 'json/rows', 'binary/plain', 'binary/stream'] as const

const claimSchema = z.strictObject({
  ...claimMembers,
  kind: z.literal('value'),
  encoding: z.enum(valueEncodings),
})

/** Whether this looks like a claim, of any version; `parseClaim` tells whether it is one. */
export function isClaim(value: unknown): value is Claim {
  if (typeof value !== 'object' || value === null) return false
  return 'claim' in value && 'kind' in value && 'digest' in value && value.kind === 'value'
}

/** The claim that `value` is, and the namespace it belongs to. Throws `CLAIM_VERSION_UNKNOWN` and `CLAIM_MALFORMED`. */
export function parseClaim(value: unknown): { readonly claim: Claim; readonly namespace: string } {
  const claim = parseClaimMembers(claimSchema, value)
  // A claim comes from outside: whoever may start a workflow must not choose what is read.
  const namespace = parseValueKey(claim.key)
  if (namespace === undefined) throw claimMalformed('its key is not the key of a value')
  return { claim, namespace }
}
