import {
  escapeKeySegment,
  parseBlobKey,
  type ObjectFacts,
  type ObjectStore,
} from '../../codec/index.ts'
import type { GarbageFinding, GarbageRequest, GarbageSource } from './garbage.ts'
import { KeptTally } from './kept-tally.ts'
import { findPinnedBlobs, type PinnedBlobs } from './pinned-blobs.ts'
import type { RetentionHistories } from './retention-histories.ts'
import { defaultGraceMs, retentionRule, type RetentionRule } from './retention-rule.ts'
import { runsKeptForMs } from './runs-kept-for.ts'

export interface RetentionPorts {
  readonly store: ObjectStore
  readonly histories: RetentionHistories
  /** How much longer than Temporal keeps runs their objects are kept. @default a week */
  readonly graceMs?: number
}

/**
 * Blobs of the connected namespace that no run, no schedule and nothing else of the server can need.
 *
 * A claim to a blob is noted in the blob's own week, or copied later by the server from where it stood. So
 * a blob of a week that ended before the cut is needed only by what `heldClaims` reads; and what nothing
 * names can never be named again, so that to delete it races with nobody.
 */
export function blobGarbage(ports: RetentionPorts): GarbageSource {
  return (request) => findBlobGarbage(ports, request)
}

async function* findBlobGarbage(
  { store, histories, graceMs = defaultGraceMs }: RetentionPorts,
  { now, signal }: GarbageRequest,
): AsyncGenerator<GarbageFinding, void> {
  const retentionMs = await runsKeptForMs({ store, histories }, signal)
  const rule = retentionRule(now, { retentionMs, graceMs })
  const ownPrefix = `blobs/${escapeKeySegment(histories.namespace)}/`
  const kept = new KeptTally('blob')
  // Most of the time there is nothing old, and then no history need be read.
  let pinned: PinnedBlobs | undefined
  for await (const object of store.list('blobs/', { signal })) {
    const place = placeOf(object, ownPrefix, rule)
    if (place !== undefined) {
      kept.add(place.subject, place.reason, object)
      continue
    }
    pinned ??= await findPinnedBlobs(histories, rule, signal)
    const week = weekPrefix(object)
    if (pinned.has(object.key)) kept.add(week, 'something names them still', object)
    else
      yield {
        garbage: { ...object, kind: 'blob', reason: 'its week is over and nothing names it' },
      }
  }
  yield* kept.findings()
  for (const { holder, blobs, storedBytes } of pinned?.holders ?? []) {
    const reason = `names blobs of weeks that are over (objects: ${blobs}, bytes: ${storedBytes})`
    yield { kept: { kind: 'blob', subject: holder, reason } }
  }
  for (const { holder, since } of pinned?.hiding ?? []) {
    const day = since.toISOString().slice(0, 10)
    const reason = `has what its last run returned, which nobody is told: all blobs since ${day} stay until it runs again`
    yield { kept: { kind: 'blob', subject: holder, reason } }
  }
}

/** Why an object is not even looked for in histories; undefined for one that may be garbage. */
function placeOf(
  object: ObjectFacts,
  ownPrefix: string,
  rule: RetentionRule,
): { readonly subject: string; readonly reason: string } | undefined {
  const { key, lastModified } = object
  if (!key.startsWith(ownPrefix)) {
    const subject = key.split('/').slice(0, 2).join('/')
    return { subject: `${subject}/`, reason: 'is not of the namespace that is connected' }
  }
  const name = parseBlobKey(key)
  if (name === undefined) return { subject: ownPrefix, reason: 'are no blobs by their keys' }
  if (!rule.isOld(name.generation)) {
    return { subject: weekPrefix(object), reason: 'the week is too young' }
  }
  if (rule.isOldObject(lastModified)) return undefined
  return { subject: weekPrefix(object), reason: 'were written after their week, too lately' }
}

function weekPrefix({ key }: ObjectFacts): string {
  return key.slice(0, key.lastIndexOf('/') + 1)
}
