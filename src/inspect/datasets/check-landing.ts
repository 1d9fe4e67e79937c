import { landingPrefix, landingStateKey } from '../../../activities/bucket-layout.ts'
import { NameSet } from '../../../activities/retention/name-set.ts'
import type { RunReference } from '../../../activities/run-reference.ts'
import type { BlobsPlace } from '../blobs/blobs-place.ts'
import { lookAt, verifyObjects } from '../blobs/verify-objects.ts'
import type { DatasetDamage } from './verify-dataset.ts'

export type LandingPlace = Pick<RunReference, 'pipeline' | 'partition' | 'landing'>

export interface CheckedLanding {
  readonly damage: readonly DatasetDamage[]
  /** It is not in the store, as after retention, or on its way out: what was made from it is none the worse. */
  readonly isGone: boolean
  /** Whether it has an object of this key. */
  has(key: string): boolean
}

/** Reads all of a landing, which several datasets may have been made from. */
export async function checkLanding(
  place: BlobsPlace,
  { pipeline, partition, landing }: LandingPlace,
  onObject?: (objects: number) => void,
): Promise<CheckedLanding> {
  const prefix = landingPrefix({ pipeline, partition, landing })
  const damage: DatasetDamage[] = []
  const listed = new NameSet()
  await verifyObjects(place, {
    prefixes: [prefix],
    onListed: (key) => listed.add(key),
    onFinding: ({ key, message }) => damage.push({ key, problem: message }),
    onProgress: ({ objects }) => onObject?.(objects),
  })
  const has = (key: string): boolean => listed.has(key)
  let left = 0
  for await (const _ of place.store.list(prefix, { signal: place.signal })) left += 1
  // Retention takes one object after the other.
  if (left === 0 || left < listed.size) return { damage: [], isGone: true, has }
  damage.push(...(await stateDamage(place, { pipeline, partition, landing })))
  return { damage, isGone: false, has }
}

/** Of what says which landing is the newest. */
async function stateDamage(
  place: BlobsPlace,
  { pipeline, partition, landing }: LandingPlace,
): Promise<DatasetDamage[]> {
  const key = landingStateKey({ pipeline, partition, fetchKey: landing.fetchKey })
  const object = { key, storedBytes: 0, expected: undefined, missingFrom: undefined }
  const { state, finding } = await lookAt(place, object)
  if (state === 'gone')
    return [{ key, problem: 'is not in the store, and says which is the newest' }]
  return finding === undefined ? [] : [{ key, problem: finding.message }]
}
