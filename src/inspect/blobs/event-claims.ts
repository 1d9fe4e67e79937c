import proto from '@temporalio/proto'
import type { RawEvent } from '../../../activities/retention/retention-histories.ts'
import { ClaimCheckError } from '../../../codec/claim-check-error.ts'
import { blobClaimsIn, valueClaimsIn } from '../../../codec/claims-of.ts'
import type { ErrorPlace } from '../../../codec/coded-error.ts'
import type { BlobClaim, Claim } from '../../../codec/index.ts'

const { EventType } = proto.temporal.api.enums.v1

/** A claim, and where in a history it stands. */
export interface EventClaim {
  readonly eventId: number
  /** As Temporal's page calls it, e.g. `ActivityTaskScheduled`. */
  readonly eventType: string
  /** The member of the event that holds it, e.g. `input` or `result`. */
  readonly field: string
  readonly claim: BlobClaim | Claim
}

/**
 * The claims that an event holds, in the order of its fields. Nothing is decoded: a claim value that is
 * part of a compressed, encrypted or parked payload is not seen.
 *
 * @param run Whose history it is, for messages.
 * @throws ClaimCheckError CLAIM_VERSION_UNKNOWN, CLAIM_MALFORMED
 */
export function claimsOfEvent(event: RawEvent, run: ErrorPlace): EventClaim[] {
  const place = { eventId: Number(event.eventId ?? 0), eventType: nameOf(event.eventType) }
  return fieldsOf(event).flatMap(([field, value]) =>
    claimsIn(value, { ...run, event: place.eventId }).map((claim) => ({ ...place, field, claim })),
  )
}

/**
 * Claims of payloads, then claim values, in any message of Temporal's.
 *
 * @param holder Who is told to hold a claim that cannot be read: one of thousands has to be found.
 * @throws As `claimsOfEvent` does.
 */
export function claimsIn(message: unknown, holder: ErrorPlace): (BlobClaim | Claim)[] {
  try {
    return [...blobClaimsIn(message), ...valueClaimsIn(message)]
  } catch (error) {
    if (!(error instanceof ClaimCheckError)) throw error
    const { code, message: what, remedy, retryable } = error
    throw new ClaimCheckError(code, what, { at: holder, remedy, retryable, cause: error })
  }
}

function fieldsOf(event: RawEvent): [string, unknown][] {
  return Object.entries(event).flatMap(([name, value]): [string, unknown][] => {
    if (typeof value !== 'object' || value === null) return []
    // What an event is about has a member for each kind of event; its name says nothing new.
    return name.endsWith('EventAttributes') ? Object.entries(value) : [[name, value]]
  })
}

function nameOf(type: RawEvent['eventType']): string {
  const name = EventType[type ?? 0] ?? 'EVENT_TYPE_UNSPECIFIED'
  return name
    .replace('EVENT_TYPE_', '')
    .toLowerCase()
    .replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
