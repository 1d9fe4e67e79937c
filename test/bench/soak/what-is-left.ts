import { retentionRule } from '../../../activities/retention/retention-rule.ts'
import {
  blobClaimsIn,
  escapeKeySegment,
  parseBlobKey,
  type ObjectStore,
} from '../../../codec/index.ts'
import { createRetentionHistories } from '../../../src/client/retention-histories.ts'
import type { CollectPorts } from './collect-garbage.ts'
import { timedStore } from './timed-store.ts'

export interface LeftBlobs {
  /** Old ones that something names. */
  readonly held: number
  /** Old ones that nothing names: a collection deletes them. */
  readonly garbage: readonly string[]
}

/** Blobs that are old by the rule at `now`, told apart by all that every history and every schedule says. */
export async function oldBlobs(
  { client, store, clock, keptMs, graceMs }: CollectPorts,
  now: Date,
  signal: AbortSignal,
): Promise<LeftBlobs> {
  const times = { retentionMs: clock.span(keptMs), graceMs: clock.span(graceMs) }
  const rule = retentionRule(now, times)
  const old: string[] = []
  for await (const { key, lastModified } of blobsOf(timedStore(store, clock), client.options)) {
    const { generation } = parseBlobKey(key) ?? {}
    if (generation === undefined || !rule.isOld(generation)) continue
    if (rule.isOldObject(lastModified)) old.push(key)
  }
  // After the listing: whoever holds one of them held it by then.
  const named = new Set<string>()
  const note = (message: unknown): void => {
    for (const { key } of blobClaimsIn(message)) named.add(key)
  }
  const histories = createRetentionHistories(client)
  for await (const run of histories.runs({ signal })) {
    for await (const event of histories.events({ ...run, signal })) note(event)
    note(await histories.pending({ ...run, signal }))
  }
  for await (const { message } of histories.holders({ signal })) note(message)
  const garbage = old.filter((key) => !named.has(key))
  return { held: old.length - garbage.length, garbage }
}

/** Blobs and values that the namespace has at all. */
export async function leftKeys(
  store: ObjectStore,
  { namespace }: { readonly namespace: string },
): Promise<string[]> {
  const keys: string[] = []
  for (const folder of ['blobs', 'values']) {
    const prefix = `${folder}/${escapeKeySegment(namespace)}/`
    for await (const { key } of store.list(prefix)) keys.push(key)
  }
  return keys
}

function blobsOf(store: ObjectStore, { namespace }: { readonly namespace: string }) {
  return store.list(`blobs/${escapeKeySegment(namespace)}/`)
}
