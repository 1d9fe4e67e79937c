import { generationSpan, parseBlobKey, type ObjectKey } from '../../codec/index.ts'
import { heldClaims } from './held-claims.ts'
import { NameSet } from './name-set.ts'
import type { RetentionHistories } from './retention-histories.ts'
import { noteMarginMs, type RetentionRule } from './retention-rule.ts'

/** Who keeps old blobs from being deleted, with what nobody before it has named. */
export interface BlobHolder {
  readonly holder: string
  readonly blobs: number
  readonly storedBytes: number
}

/** The old blobs that something still names. */
export interface PinnedBlobs {
  has(key: ObjectKey): boolean
  /** Those that keep the most bytes first. */
  readonly holders: readonly BlobHolder[]
  /** Who may hold any blob that was written since then: nobody can see which. */
  readonly hiding: readonly { readonly holder: string; readonly since: Date }[]
}

const mostHolders = 100

/**
 * Memory holds digests of the keys that are named, and no more.
 *
 * @throws PipelineError GARBAGE_UNDECIDED
 */
export async function findPinnedBlobs(
  histories: RetentionHistories,
  rule: RetentionRule,
  signal: AbortSignal,
): Promise<PinnedBlobs> {
  const keys = new NameSet()
  let holders: BlobHolder[] = []
  const hiding: { readonly holder: string; readonly since: Date }[] = []
  for await (const { holder, claims, hidesSince } of heldClaims(histories, rule, signal)) {
    if (hidesSince !== undefined) hiding.push({ holder, since: hidesSince })
    const fresh = claims.filter(({ key }) => !keys.has(key))
    if (fresh.length === 0) continue
    for (const { key } of fresh) keys.add(key)
    const storedBytes = fresh.reduce((sum, claim) => sum + claim.storedBytes, 0)
    holders.push({ holder, blobs: fresh.length, storedBytes })
    if (holders.length > 2 * mostHolders) holders = largest(holders)
  }
  const hiddenSinceMs = Math.min(...hiding.map(({ since }) => since.getTime()))
  const isHidden = (key: ObjectKey): boolean => {
    const { generation } = parseBlobKey(key) ?? {}
    if (generation === undefined) return true
    return generationSpan(generation).end.getTime() + noteMarginMs > hiddenSinceMs
  }
  return { has: (key) => keys.has(key) || isHidden(key), holders: largest(holders), hiding }
}

function largest(holders: readonly BlobHolder[]): BlobHolder[] {
  return holders
    .toSorted((left, right) => right.storedBytes - left.storedBytes)
    .slice(0, mostHolders)
}
