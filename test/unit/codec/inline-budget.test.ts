import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Payload } from '@temporalio/common'
import { isClaimPayload } from '../../../codec/index.ts'
import { InlineBudget } from '../../../codec/inline-budget.ts'
import { payloadBytes } from '../../../codec/payload-bytes.ts'
import { inActivityContext } from './activity-samples.ts'
import { codecOn, inActivity, payloadOf, plainly } from './codec-samples.ts'
import { WatchedStore } from './watched-store.ts'

const budgetBytes = 1024 * 1024
/** What the server takes for one field, and for one message. */
const fieldBytes = 2 * budgetBytes
const messageBytes = 4 * budgetBytes
const thresholdBytes = 128 * 1024

describe('inline budget of one field', () => {
  it('keeps a list under the limit whose payloads are all below the threshold', async () => {
    const store = new WatchedStore()
    const codec = codecOn(store, { thresholdBytes })
    const list = Array.from({ length: 110 }, () => payloadOf(randomBytes(thresholdBytes - 20)))
    const encoded = await codec.encode(list, inActivity)
    assert.ok(bytesOf(encoded) < fieldBytes)
    assert.ok(inlineBytesOf(encoded) <= budgetBytes)
    // No more than needed: eight of 128 KiB are 1 MiB.
    assert.equal((await store.keys()).length, 110 - 8)
    assert.deepEqual((await codec.decode(encoded)).map(plainly), list.map(plainly))
  })

  it('parks the largest first, and no more than it must', async () => {
    const codec = codecOn(new WatchedStore(), { thresholdBytes })
    const sizes = [90_000, 300, 100_000, 70_000, 120_000, 110_000, 2000]
    const list = [...sizes, ...Array.from({ length: 8 }, () => 80_000)].map((size) =>
      payloadOf(randomBytes(size)),
    )
    const encoded = await codec.encode(list)
    const parkedSizes = list
      .filter((_, index) => isParked(encoded[index]))
      .map(({ data }) => data?.byteLength)
    // 1,132,300 bytes and their metadata: without the one of 120,000 they are under 1 MiB.
    assert.deepEqual(parkedSizes, [120_000])
  })

  it('leaves a list of exactly the budget alone, and not one byte more', async () => {
    for (const [more, parked] of [
      [0, 0],
      [1, 1],
    ] as const) {
      const encoded = await codecOn(new WatchedStore(), { thresholdBytes: 600_000 }).encode([
        payloadOf(randomBytes(budgetBytes / 2 - 20)),
        payloadOf(randomBytes(budgetBytes / 2 - 20 + more)),
      ])
      assert.equal(encoded.filter(isParked).length, parked)
    }
  })

  it('parks nothing for which a claim would be hardly smaller', async () => {
    const store = new WatchedStore()
    const list = Array.from({ length: 1700 }, () => payloadOf(randomBytes(1004)))
    assert.deepEqual(await codecOn(store).encode(list), list)
    assert.deepEqual(await store.keys(), [])
  })
})

describe('inline budget of one burst', () => {
  it('is shared by 20 calls at once, as the commands of a workflow task make them', async () => {
    const codec = codecOn(new WatchedStore(), { thresholdBytes })
    const lists = Array.from({ length: 110 }, () => [payloadOf(randomBytes(100_000))])
    const encoded = await twentyAtOnce(lists, async (list) => codec.encode(list, inActivity))
    const all = encoded.flat()
    assert.ok(bytesOf(all) < messageBytes)
    assert.ok(inlineBytesOf(all) <= budgetBytes)
    assert.equal(all.filter(isParked).length, 100)
  })

  it('decides alike each time the same calls come', async () => {
    const store = new WatchedStore()
    const lists = Array.from({ length: 40 }, (_, index) => [
      payloadOf(randomBytes(60_000 + index)),
      payloadOf(randomBytes(500)),
    ])
    const rounds: Payload[][] = []
    for (let round = 0; round < 3; round += 1) {
      const codec = codecOn(store, { thresholdBytes })
      const encoded = await twentyAtOnce(lists, async (list) => codec.encode(list, inActivity))
      rounds.push(encoded.flat())
    }
    assert.deepEqual(rounds[1], rounds[0])
    assert.deepEqual(rounds[2], rounds[0])
  })

  it('begins anew once all is still', async () => {
    const codec = codecOn(new WatchedStore(), { thresholdBytes: 900_000 })
    const list = [payloadOf(randomBytes(800_000))]
    for (let round = 0; round < 3; round += 1) {
      assert.deepEqual(await codec.encode(list), list)
      await nextTurn()
      await nextTurn()
      await nextTurn()
    }
  })

  it('is another for each workflow whose activities are scheduled, and for each result', async () => {
    const codec = codecOn(new WatchedStore(), { thresholdBytes: 900_000 })
    const list = [payloadOf(randomBytes(800_000))]
    const other = { ...inActivity, workflowId: 'etl/flights/2026-11-26' }
    const encoded = await Promise.all([
      codec.encode(list, inActivity),
      codec.encode(list, other),
      inActivityContext(async () => codec.encode(list, inActivity), { info: { activityId: '1' } }),
      inActivityContext(async () => codec.encode(list, inActivity), { info: { activityId: '2' } }),
    ])
    assert.deepEqual(encoded.flat().filter(isParked), [])
  })

  it('is small for results of local activities, which go out together later', async () => {
    const codec = codecOn(new WatchedStore(), { thresholdBytes })
    const list = [payloadOf(randomBytes(16_364)), payloadOf(randomBytes(16_365))]
    const [local, remote] = await Promise.all(
      [true, false].map(async (isLocal) =>
        inActivityContext(async () => codec.encode(list, inActivity), {
          info: { isLocal, activityId: String(isLocal) },
        }),
      ),
    )
    assert.deepEqual(local?.map(isParked), [false, true])
    assert.deepEqual(remote, list)
  })

  it('is given back by a call that fails', async () => {
    const codec = codecOn(new WatchedStore(), { thresholdBytes, maxPayloadBytes: 200_000 })
    await assert.rejects(codec.encode([payloadOf(randomBytes(300_000))]), {
      code: 'PAYLOAD_TOO_LARGE',
    })
    const list = Array.from({ length: 10 }, () => payloadOf(randomBytes(100_000)))
    assert.deepEqual(await codec.encode(list), list)
  })

  it('ends when no call was open for a turn, not between two calls of one chain', async () => {
    const budget = new InlineBudget(100)
    const one = budget.open('a')
    one.use(60)
    one.close()
    const next = budget.open('a')
    assert.equal(next.leftBytes(), 40)
    await nextTurn()
    await nextTurn()
    await nextTurn()
    const overlapping = budget.open('a')
    assert.equal(overlapping.leftBytes(), 40)
    next.close()
    overlapping.close()
    await nextTurn()
    await nextTurn()
    await nextTurn()
    assert.equal(budget.open('a').leftBytes(), 100)
    assert.equal(budget.open('b').leftBytes(), 100)
  })
})

/** As the SDK does it: twenty under way, the next one begins as one ends. */
async function twentyAtOnce(
  lists: readonly Payload[][],
  encode: (list: Payload[]) => Promise<Payload[]>,
): Promise<Payload[][]> {
  const encoded: Payload[][] = []
  let next = 0
  const walk = async (): Promise<void> => {
    while (next < lists.length) {
      const index = next
      next += 1
      encoded[index] = await encode(lists[index] ?? [])
    }
  }
  await Promise.all(Array.from({ length: 20 }, walk))
  return encoded
}

function isParked(payload: Payload | undefined): boolean {
  return payload !== undefined && isClaimPayload(payload)
}

function bytesOf(payloads: readonly Payload[]): number {
  return payloads.reduce((sum, payload) => sum + payloadBytes(payload), 0)
}

function inlineBytesOf(payloads: readonly Payload[]): number {
  return bytesOf(payloads.filter((payload) => !isParked(payload)))
}
