import type { RetentionHistories } from '../../../activities/retention/retention-histories.ts'
import type { BlobsPlace } from './blobs-place.ts'
import { claimHolders, type HeldClaim } from './claim-holders.ts'
import { missingFinding, type Finding } from './verify-objects.ts'

export interface ReferencesRequest {
  /** Whether the listing has had the object. */
  readonly isListed: (key: string) => boolean
  readonly onProgress?: ((histories: number) => void) | undefined
}

/**
 * Claims that histories and schedules hold of objects that are not in the store, each object once. What
 * was listed counts as there; all else is asked for.
 *
 * @throws As `claimHolders` does.
 */
export async function* missingReferences(
  { store, signal }: BlobsPlace,
  histories: RetentionHistories,
  { isListed, onProgress }: ReferencesRequest,
): AsyncGenerator<Finding, void> {
  const asked = new Set<string>()
  const matches = ({ key }: HeldClaim['claim']): boolean => !isListed(key) && !asked.has(key)
  for await (const held of claimHolders(histories, { matches, signal, onProgress })) {
    const { key } = held.claim
    if (asked.has(key)) continue
    asked.add(key)
    if ((await store.head(key, { signal })) !== undefined) continue
    yield { key, ...missingFinding(`${describe(held)} names it, and it is not in the store`) }
  }
}

function describe(held: HeldClaim): string {
  if (held.holder === 'other') return held.name
  const run = `workflow ${held.workflowId}, run ${held.runId}`
  return held.holder === 'pending' ? run : `${run}, event ${held.eventId}`
}
