import type {
  ExistingRun,
  RetentionHistories,
} from '../../../activities/retention/retention-histories.ts'
import type { BlobClaim, Claim } from '../../../codec/index.ts'
import { ordered } from '../../../codec/ordered.ts'
import { claimsIn, claimsOfEvent, type EventClaim } from './event-claims.ts'

/** A claim and who holds it. */
export type HeldClaim =
  | ({
      readonly holder: 'workflow'
      readonly workflowId: string
      readonly runId: string
    } & EventClaim)
  /** Beside its history: heartbeats and failures of what is under way. */
  | {
      readonly holder: 'pending'
      readonly workflowId: string
      readonly runId: string
      readonly claim: BlobClaim | Claim
    }
  /** A schedule, say, which its name tells. */
  | { readonly holder: 'other'; readonly name: string; readonly claim: BlobClaim | Claim }

export interface HoldersRequest {
  /** The claims that are asked for. */
  readonly matches: (claim: BlobClaim | Claim) => boolean
  readonly signal: AbortSignal
  /** Hears how many histories have been read. */
  readonly onProgress?: ((histories: number) => void) | undefined
}

const historiesAtOnce = 4

/**
 * Who holds claims: every history that the namespace has, what open runs hold beside theirs, and
 * schedules. Holds what matches and a few histories' pages at a time.
 *
 * @throws RunError LISTING_CUT_SHORT: a part of the answer is never taken for all of it
 * @throws ClaimCheckError CLAIM_VERSION_UNKNOWN, CLAIM_MALFORMED, with workflow and run, or schedule, of
 * who holds it
 */
export async function* claimHolders(
  histories: RetentionHistories,
  request: HoldersRequest,
): AsyncGenerator<HeldClaim, void> {
  const { signal, matches, onProgress } = request
  let count = 0
  const read = ordered(histories.runs({ signal }), historiesAtOnce, (run) =>
    heldByRun(histories, run, request),
  )
  for await (const held of read) {
    count += 1
    onProgress?.(count)
    yield* held
  }
  // What a schedule was told to start stands in its own history too.
  const told = new Set<string>()
  for await (const { name, message } of histories.holders({ signal })) {
    for (const claim of claimsIn(message, { holder: name }).filter(matches)) {
      const isTold = told.has(`${name}\n${claim.key}`)
      told.add(`${name}\n${claim.key}`)
      if (!isTold) yield { holder: 'other', name, claim }
    }
  }
}

async function heldByRun(
  histories: RetentionHistories,
  { workflowId, runId, closedAt }: ExistingRun,
  { signal, matches }: HoldersRequest,
): Promise<HeldClaim[]> {
  const held: HeldClaim[] = []
  for await (const event of histories.events({ workflowId, runId, signal })) {
    for (const found of claimsOfEvent(event, { workflowId, runId })) {
      if (matches(found.claim)) held.push({ holder: 'workflow', workflowId, runId, ...found })
    }
  }
  if (closedAt !== undefined) return held
  const pending = await histories.pending({ workflowId, runId, signal })
  for (const claim of claimsIn(pending, { workflowId, runId })) {
    if (matches(claim)) held.push({ holder: 'pending', workflowId, runId, claim })
  }
  return held
}
