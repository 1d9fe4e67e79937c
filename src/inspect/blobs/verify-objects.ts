import { escapeKeySegment } from '../../../codec/key-segment.ts'
import { parseBlobKey } from '../../../codec/blob-key.ts'
import { CodedError, type Generation } from '../../../codec/index.ts'
import { ordered } from '../../../codec/ordered.ts'
import type { BlobsPlace } from './blobs-place.ts'
import { checkObject, type CheckedObject, type ObjectState } from './check-object.ts'
import { knownKey } from './known-key.ts'
import { listObjects, type ListedObject } from './listed-objects.ts'
import { sampleOf } from './sample-of.ts'

export interface VerifyRequest {
  /** Beginnings of keys. @default all that is the namespace's, and all landings and datasets */
  readonly prefixes?: readonly string[] | undefined
  /** Blobs of this week alone. */
  readonly generation?: Generation | undefined
  /** So many of the objects, taken by chance. */
  readonly sample?: number | undefined
  /** Hears of each object that is not as it has to be. */
  readonly onFinding: (finding: Finding) => void
  /** Hears of every object that was looked at. */
  readonly onProgress?: (summary: VerifySummary) => void
  /** Hears the key of every object that is there. */
  readonly onListed?: (key: string) => void
}

/** An object that is damaged, not there, or not to be opened. */
export interface Finding {
  readonly state: 'damaged' | 'missing' | 'locked'
  readonly key: string
  readonly code: string
  readonly message: string
  readonly remedy: string
}

export interface VerifySummary extends Record<Exclude<ObjectState, 'gone'>, number> {
  objects: number
  storedBytes: number
  /** Named by a list or a history, and not there. */
  missing: number
  /** Deleted between listing and looking. */
  gone: number
  /** Of no writer of ours; not looked at. */
  foreign: number
}

const objectsAtOnce = 8

/**
 * Reads and checks objects: blobs and values by the digest that their key or frames promise, landed
 * pages and parts by the SHA-256 that stands beside them and in the lists that name them; and misses what
 * lists name. Memory does not grow with their number. Only reads.
 *
 * @throws ClaimCheckError STORE_… where the store cannot be asked
 */
export async function verifyObjects(
  place: BlobsPlace,
  request: VerifyRequest,
): Promise<VerifySummary> {
  const { sample, onFinding, onProgress, onListed } = request
  const summary = emptySummary()
  const listed = wanted(place, request, onListed)
  const chosen = sample === undefined ? listed : sampleOf(listed, sample)
  const checks = ordered(chosen, objectsAtOnce, async (object: ListedObject) => ({
    object,
    outcome: await lookAt(place, object),
  }))
  for await (const { object, outcome } of checks) {
    const { key, storedBytes } = object
    summary[outcome.state] += 1
    if (outcome.state !== 'missing') {
      summary.objects += 1
      summary.storedBytes += storedBytes
    }
    if (outcome.finding !== undefined) onFinding({ key, ...outcome.finding })
    onProgress?.(summary)
  }
  return summary
}

export type Outcome = {
  readonly state: ObjectState | 'missing' | 'foreign'
  readonly finding?: Omit<Finding, 'key'>
}

/** Whether a listed object is what it has to be, or is not there. */
export async function lookAt(
  place: BlobsPlace,
  { key, expected, missingFrom }: ListedObject,
): Promise<Outcome> {
  if (missingFrom !== undefined) {
    const message = `${missingFrom} names it, and it is not in the store`
    return { state: 'missing', finding: missingFinding(message) }
  }
  if (knownKey(key).kind === 'foreign') return { state: 'foreign' }
  const check = (): Promise<CheckedObject> => checkObject(place, key, expected)
  // A run may have written it again between what was read of it: what is damaged stays so.
  const seen = await check().catch((error: unknown) => {
    if (error instanceof CodedError && error.code === 'OBJECT_REPLACED') return undefined
    throw error
  })
  const isToRepeat = seen === undefined || seen.state === 'damaged'
  const { state, error } = isToRepeat ? await check() : seen
  if (error === undefined || (state !== 'damaged' && state !== 'locked')) return { state }
  return { state, finding: findingOf(state, error) }
}

function findingOf(
  state: Finding['state'],
  { code, message, remedy }: CodedError,
): Omit<Finding, 'key'> {
  return { state, code, message, remedy }
}

export function missingFinding(message: string): Omit<Finding, 'key'> {
  return {
    state: 'missing',
    code: 'OBJECT_MISSING',
    message,
    remedy:
      'Restore it from a copy under its key; a landed page can be fetched, and a part made, again.',
  }
}

function emptySummary(): VerifySummary {
  const states = { intact: 0, readable: 0, damaged: 0, locked: 0, gone: 0, missing: 0, foreign: 0 }
  return { objects: 0, storedBytes: 0, ...states }
}

async function* wanted(
  place: BlobsPlace,
  { prefixes, generation }: VerifyRequest,
  onListed: ((key: string) => void) | undefined,
): AsyncGenerator<ListedObject, void> {
  const namespace = escapeKeySegment(place.namespace)
  const all = [`blobs/${namespace}/`, `values/${namespace}/`, 'landing/', 'datasets/']
  const ofWeek = [`blobs/${namespace}/${generation ?? ''}/`]
  for await (const object of listObjects(place, prefixes ?? (generation ? ofWeek : all))) {
    if (object.missingFrom === undefined) onListed?.(object.key)
    const week = parseBlobKey(object.key)?.generation
    if (generation === undefined || week === generation) yield object
  }
}
