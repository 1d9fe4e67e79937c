import { randomUUID } from 'node:crypto'
import type { Client } from '@temporalio/client'
import { putJson } from '../../activities/json-object.ts'
import { planKey } from '../../activities/retention/parked-plan.ts'
import type { ObjectStore } from '../../codec/index.ts'
import { ordered } from '../../codec/ordered.ts'
import { blobWrittenAt, holdClaims, parkBlobs, putValues } from './bucket-blobs.ts'
import { objectsOfPartition, partitionAgeDays, putPartition } from './bucket-partition.ts'

/** What commands have to find. */
export interface BucketCounts {
  readonly objects: number
  readonly blobs: number
  /** Neither more nor less may be deleted. */
  readonly garbage: number
  /** Objects of the audit. */
  readonly plans: number
}

const dayMs = 86_400_000
const valuesOfRun = 25

/**
 * Fills a bucket as a year leaves it, by the writers of this program: of ten objects six are blobs, one is a
 * value, two are of landings and one is of a dataset; there are some old plans of deletions too. Open runs
 * name a third of the blobs. More than half of all is garbage, once it is as old as `writtenAt` says.
 */
export async function fillBucket(
  { store, client }: { readonly store: ObjectStore; readonly client: Client },
  count: number,
): Promise<BucketCounts> {
  const now = new Date()
  const partitions = Math.floor(count / 500)
  const holders = Math.floor(count / 500)
  const plans = Math.floor(count / 1000)
  let garbage = 0
  const put = ordered(Array.from({ length: partitions }).keys(), 4, (index) =>
    putPartition(store, index, now),
  )
  for await (const ofPartition of put) garbage += ofPartition
  for (let index = 0; index < plans; index += 1) {
    await putJson(store, planKey(now, `old-${index}`), { end: { objects: 0 } })
  }
  const others = partitions * objectsOfPartition + 2 * holders * valuesOfRun + plans
  const blobs = count - others
  const parked = await parkBlobs(store, blobs, now)
  garbage += parked.garbage
  const open = await holdClaims(client, parked.claims, holders)
  const gone = open.map((owner) => ({ ...owner, runId: randomUUID() }))
  const owners = [
    ...open,
    ...gone.map((owner) => ({ ...owner, workflowId: `gone-${owner.runId}` })),
  ]
  for await (const _ of ordered(owners, 4, (owner) => putValues(store, owner, valuesOfRun)));
  garbage += gone.length * valuesOfRun
  return { objects: count, blobs, garbage, plans }
}

/** When an object of that key is to have been written; undefined where it may stay as it is. */
export function writtenAt(key: string): Date | undefined {
  const ageDays = key.startsWith('values/') ? 30 : partitionAgeDays(key)
  return ageDays === undefined ? blobWrittenAt(key) : new Date(Date.now() - ageDays * dayMs)
}
