import { randomBytes, randomUUID } from 'node:crypto'
import type { Client } from '@temporalio/client'
import type { Payload } from '@temporalio/common'
import { toClaimPayload } from '../../codec/claim-payload.ts'
import {
  blobKey,
  ClaimCheckCodec,
  digestOf,
  generationOf,
  generationSpan,
  parseBlobKey,
  type ObjectStore,
} from '../../codec/index.ts'
import { operatorFacts } from '../../codec/operator-facts.ts'
import { ordered } from '../../codec/ordered.ts'
import { sealEnvelope } from '../../codec/seal-envelope.ts'
import { SealedObjects } from '../../codec/sealed-objects.ts'
import { SealingKeys } from '../../codec/sealing-keys.ts'
import { valueKey, type ValueOwner } from '../../codec/value-key.ts'

const namespace = 'default'
const weekMs = 7 * 86_400_000
/** Without the last but one, which is too young on some days of the week and not on others. */
const weeksAgo = [0, 1, ...Array.from({ length: 38 }, (_, index) => index + 3)]
const youngWeeks = 2

export interface ParkedBlobs {
  /** Of every third blob, and of one that is not there. */
  readonly claims: readonly Payload[]
  /** Blobs that are old and have no claim among these. */
  readonly garbage: number
}

/** Parks blobs in forty weeks, by the codec with a clock of its own. */
export async function parkBlobs(
  store: ObjectStore,
  count: number,
  now: Date,
): Promise<ParkedBlobs> {
  const claims: Payload[] = [claimOfNothing(now)]
  let garbage = 0
  const inWeek = (place: number): number =>
    Math.floor(count / weeksAgo.length) + (place < count % weeksAgo.length ? 1 : 0)
  const parked = ordered(weeksAgo.keys(), 2, async (place) => {
    const clock = (): Date => new Date(now.getTime() - (weeksAgo[place] ?? 0) * weekMs)
    const limits = { thresholdBytes: 1_024, concurrency: 32, taskTimeoutMs: 600_000 }
    const codec = new ClaimCheckCodec({ store, namespace, clock, ...limits })
    const payloads = Array.from({ length: inWeek(place) }, (_, index) => ({
      metadata: { encoding: Buffer.from('json/plain') },
      data: Buffer.from(JSON.stringify({ index, noise: randomBytes(900).toString('base64') })),
    }))
    return { place, claims: await codec.encode(payloads) }
  })
  for await (const { place, claims: ofWeek } of parked) {
    const named = ofWeek.filter((_, index) => index % 3 === 0)
    claims.push(...named)
    if (place >= youngWeeks) garbage += ofWeek.length - named.length
  }
  return { claims, garbage }
}

/** When a blob of that key was written: in the middle of its week, as far as that has come. */
export function blobWrittenAt(key: string): Date | undefined {
  const { generation } = parseBlobKey(key) ?? {}
  if (generation === undefined) return undefined
  const middle = new Date(generationSpan(generation).start.getTime() + weekMs / 2)
  return middle < new Date() ? middle : undefined
}

/** Starts runs that name these claims and wait for ever: no worker asks for their tasks. */
export async function holdClaims(
  client: Client,
  claims: readonly Payload[],
  runs: number,
): Promise<ValueOwner[]> {
  const each = Math.ceil(claims.length / runs)
  const started = ordered(Array.from({ length: runs }).keys(), 8, async (index) => {
    const workflowId = `etl/held/${index}`
    const { runId } = await client.workflowService.startWorkflowExecution({
      namespace,
      workflowId,
      workflowType: { name: 'held' },
      taskQueue: { name: 'of-nobody' },
      requestId: randomUUID(),
      input: { payloads: claims.slice(index * each, (index + 1) * each) },
    })
    return { namespace, workflowId, runId }
  })
  return Array.fromAsync(started)
}

/** Parks values of a run by hand, as its activities would. */
export async function putValues(
  store: ObjectStore,
  owner: ValueOwner,
  count: number,
): Promise<void> {
  const objects = new SealedObjects(store, new SealingKeys(undefined, namespace), () => undefined)
  const facts = operatorFacts({ ...owner, encoding: 'json/plain', now: new Date() })
  const put = async (): Promise<void> => {
    const plain = randomBytes(300)
    const digest = await digestOf(plain)
    const sealed = await sealEnvelope([plain], undefined)
    const key = valueKey(owner, digest)
    await objects.write(key, sealed, { digest, sizeBytes: plain.length }, facts, {})
  }
  await Promise.all(Array.from({ length: count }, put))
}

function claimOfNothing(now: Date): Payload {
  const generation = generationOf(new Date(now.getTime() - 20 * weekMs))
  const digest = '0'.repeat(64) as Awaited<ReturnType<typeof digestOf>>
  const key = blobKey({ namespace, generation, digest })
  const facts = { bucket: 'claimcheck', sizeBytes: 9, storedBytes: 9, encoding: 'json/plain' }
  return toClaimPayload({ kind: 'blob', key, digest, generation, ...facts })
}
