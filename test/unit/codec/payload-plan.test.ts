import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Payload } from '@temporalio/common'
import fc from 'fast-check'
import { isClaimPayload } from '../../../codec/index.ts'
import { payloadBytes } from '../../../codec/payload-bytes.ts'
import { planPayloads, type PlanOptions } from '../../../codec/payload-plan.ts'
import { isSealedPayload } from '../../../codec/sealed-payload.ts'
import { codecOn, first, payloadOf, plainly } from './codec-samples.ts'
import { freshKey } from './sealing-samples.ts'
import { WatchedStore } from './watched-store.ts'

const options: PlanOptions = {
  thresholdBytes: 10_000,
  compressBytes: 4096,
  key: undefined,
  leftBytes: 20_000,
}
const noise = randomBytes(12_000)
const zeros = Buffer.alloc(12_000)

/** Of the sizes where something changes, of bytes that compress and of bytes that do not. */
const payloads: fc.Arbitrary<Payload> = fc
  .record({
    sizeBytes: fc.oneof(
      fc.integer({ min: 0, max: 12_000 }),
      fc.constantFrom(0, 1003, 1004, 1005, 4075, 4076, 4077, 9979, 9980, 9981),
    ),
    bytes: fc.constantFrom(noise, zeros),
  })
  .map(({ sizeBytes, bytes }) => payloadOf(bytes.subarray(0, sizeBytes)))

describe('payload plan', () => {
  for (const encrypted of [false, true]) {
    it(`keeps the budget where parking can, ${encrypted ? 'encrypted' : 'plain'}`, async () => {
      const key = encrypted ? (await freshKey()).key : undefined
      fc.assert(
        fc.property(
          fc.array(payloads, { maxLength: 12 }),
          fc.integer({ min: -5000, max: 40_000 }),
          (list, leftBytes) => {
            const plans = planPayloads(list, { ...options, key, leftBytes })
            assert.equal(plans.length, list.length)
            const kept = plans.filter(({ parkedBytes }) => parkedBytes === 0)
            const keptBytes = kept.reduce((sum, { inlineBytes }) => sum + inlineBytes, 0)
            // Either it fits, or what is left is for everybody to read.
            const isLeft = kept.some(({ inlineBytes }) => inlineBytes >= 4096)
            assert.ok(keptBytes <= leftBytes || !isLeft, `${keptBytes} of ${leftBytes}`)
            for (const [index, plan] of plans.entries()) {
              const { parkedBytes, payload, inlineBytes } = plan
              const original = list[index]
              assert.ok(original)
              if (parkedBytes > 0) {
                assert.deepEqual([payload, parkedBytes], [original, payloadBytes(original)])
                assert.equal(inlineBytes, 0)
              } else {
                assert.equal(inlineBytes, payloadBytes(payload))
                assert.ok(payloadBytes(original) <= options.thresholdBytes)
                assert.equal(isSealedPayload(payload), encrypted || payload !== original)
              }
            }
          },
        ),
        { numRuns: 100 },
      )
    })
  }

  it('parks one more byte than the threshold, and no byte less', () => {
    for (const [more, parkedBytes] of [
      [0, 0],
      [1, 10_001],
    ] as const) {
      const payload = payloadOf(noise.subarray(0, options.thresholdBytes - 20 + more))
      assert.equal(planPayloads([payload], options)[0]?.parkedBytes, parkedBytes)
    }
  })

  it('counts names and values of metadata as bytes of the payload', () => {
    const payload = { metadata: { ['n'.repeat(5000)]: noise.subarray(0, 5001) } }
    assert.equal(planPayloads([payload], options)[0]?.parkedBytes, 10_001)
  })

  it('leaves inline what compression has made smaller than a claim, though nothing is left', () => {
    const shrunk = payloadOf(zeros.subarray(0, 9000))
    const [plan] = planPayloads([shrunk], { ...options, leftBytes: 0 })
    assert.ok(plan)
    assert.equal(plan.parkedBytes, 0)
    assert.ok(plan.inlineBytes < 200)
  })

  it('parks small ones too where together they would pass a field', () => {
    const list = Array.from({ length: 1000 }, () => payloadOf(noise.subarray(0, 3900)))
    const leftBytes = 1024 * 1024
    const keptBytes = planPayloads(list, { ...options, leftBytes }).reduce(
      (sum, { inlineBytes }) => sum + inlineBytes,
      0,
    )
    assert.ok(keptBytes > leftBytes && keptBytes <= 1.5 * leftBytes, `${keptBytes} bytes`)
  })

  it('takes claims and sealed payloads as they are, however large', () => {
    for (const encoding of ['json/claimcheck-v1', 'binary/claimcheck-v1', 'binary/claimcheck-v2']) {
      const payload = payloadOf(noise, encoding)
      const [plan] = planPayloads([payload], { ...options, leftBytes: 0 })
      assert.deepEqual(plan, { payload, inlineBytes: payloadBytes(payload), parkedBytes: 0 })
    }
  })
})

describe('what the plan is for', () => {
  it('a claim is never larger than what it stands for', async () => {
    const codec = codecOn(new WatchedStore(), { namespace: 'n'.repeat(100), thresholdBytes: 1024 })
    for (const dataBytes of [1005, 1024, 1100, 2000]) {
      const payload = payloadOf(noise.subarray(0, dataBytes))
      const claim = first(await codec.encode([payload]))
      assert.ok(isClaimPayload(claim))
      assert.ok(payloadBytes(claim) < payloadBytes(payload))
      assert.deepEqual(plainly(first(await codec.decode([claim]))), plainly(payload))
    }
  })

  it('memo and summary, which are small, stay readable for everybody', async () => {
    const codec = codecOn(new WatchedStore(), { thresholdBytes: 128 * 1024 })
    await codec.encode(Array.from({ length: 9 }, () => payloadOf(randomBytes(120_000))))
    const memo = payloadOf(Buffer.from(JSON.stringify('m'.repeat(900))), 'json/plain')
    assert.equal(first(await codec.encode([memo])), memo)
  })

  it('refuses a threshold under which claims would be no gain', () => {
    assert.throws(() => codecOn(new WatchedStore(), { thresholdBytes: 1023 }), RangeError)
  })
})
