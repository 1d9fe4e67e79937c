import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Payload } from '@temporalio/common'
import fc from 'fast-check'
import { isClaimPayload, parseClaimPayload } from '../../../codec/index.ts'
import { codecOn, first, inActivity, payloadOf, plainly, WEEK_48 } from './codec-samples.ts'
import { WatchedStore } from './watched-store.ts'

const payloads: fc.Arbitrary<Payload> = fc.record({
  metadata: fc.dictionary(
    fc.constantFrom('encoding', 'messageType', 'a', 'ü', '__proto__x'),
    fc.uint8Array({ maxLength: 40 }),
  ),
  data: fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.uint8Array({ minLength: 1900, maxLength: 9000 }),
  ),
})

describe('codec: there and back', () => {
  it('gives back every payload, in order, byte for byte, inline or parked', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(payloads, { maxLength: 8 }), async (list) => {
        const codec = codecOn(new WatchedStore())
        const encoded = await codec.encode(list)
        assert.equal(encoded.length, list.length)
        const decoded = await codec.decode(encoded)
        assert.deepEqual(decoded.map(plainly), list.map(plainly))
      }),
      { numRuns: 30 },
    )
  })

  it('parks what is over the threshold only, and leaves the rest untouched', async () => {
    const store = new WatchedStore()
    const small = payloadOf(randomBytes(1900))
    const large = payloadOf(randomBytes(2001))
    const foreign: Payload = { data: Buffer.from('no metadata at all') }
    const encoded = await codecOn(store).encode([small, large, foreign, {}])
    assert.equal(encoded[0], small)
    assert.equal(encoded[2], foreign)
    assert.deepEqual(encoded[3], {})
    assert.ok(encoded[1] && isClaimPayload(encoded[1]))
    assert.equal((await store.keys()).length, 1)
  })

  it('writes a claim that a person can read, and its size for the server', async () => {
    const store = new WatchedStore()
    const payload = payloadOf(Buffer.from(JSON.stringify('x'.repeat(300_000))), 'json/plain')
    const claim = first(await codecOn(store).encode([payload], inActivity))
    assert.equal(Buffer.from(claim.metadata?.['encoding'] ?? []).toString(), 'json/claimcheck-v1')
    const read: unknown = JSON.parse(Buffer.from(claim.data ?? []).toString())
    const [key] = await store.keys()
    assert.ok(key)
    assert.deepEqual(read, {
      claim: 1,
      kind: 'blob',
      bucket: 'memory',
      key,
      digest: key.slice(-64),
      sizeBytes: 300_030,
      storedBytes: (await store.head(key))?.sizeBytes,
      encoding: 'json/plain',
      generation: '2026-W48',
    })
    assert.deepEqual(
      claim.externalPayloads?.map(({ sizeBytes }) => String(sizeBytes)),
      ['300030'],
    )
    const head = await store.head(key)
    assert.partialDeepStrictEqual(head?.metadata, {
      namespace: 'default',
      encoding: 'json=2Fplain',
      'workflow-id': 'etl=2Fflights=2F2026-11-25',
      'plain-bytes': '300030',
      created: '2026-11-25T00:00:00.000Z',
    })
  })

  it('keeps what stands beside a blob within what stores take, whatever the names', async () => {
    const store = new WatchedStore()
    const name = '\u00fc/'.repeat(1000)
    const codec = codecOn(store)
    await codec.encode([payloadOf(randomBytes(3000), name)], { ...inActivity, workflowId: name })
    const [key] = await store.keys()
    assert.ok(key)
    const facts = Object.entries((await store.head(key))?.metadata ?? {}).flat()
    assert.ok(facts.join('').length < 2048)
    for (const fact of facts) assert.match(fact, /^[ -~]*$/)
  })

  it('parks payloads of any encoding, and shows of it what a person can read', async () => {
    for (const [encoding, shown] of [
      ['', ''],
      ['\u0001'.repeat(1000), '?'.repeat(64)],
      ['"\\'.repeat(40), '"\\'.repeat(32)],
      ['bin\u00e4r/\u{1F600}', 'bin?r/??'],
      ['x'.repeat(65), 'x'.repeat(64)],
    ] as const) {
      const codec = codecOn(new WatchedStore())
      const payload = payloadOf(randomBytes(3000), encoding)
      const claims = await codec.encode([payload])
      assert.equal(parseClaimPayload(first(claims)).encoding, shown)
      assert.deepEqual((await codec.decode(claims)).map(plainly), [plainly(payload)])
    }
  })

  it('takes the same payload for the same, in whatever order its metadata came', async () => {
    const store = new WatchedStore()
    const data = randomBytes(3000)
    const one = { metadata: { a: Buffer.from('1'), b: Buffer.from('2') }, data }
    const other = { metadata: { b: Buffer.from('2'), a: Buffer.from('1') }, data }
    const [left, right] = await codecOn(store).encode([one, other])
    assert.deepEqual(left, right)
  })

  it('never nests claims: encoding twice is encoding once', async () => {
    const codec = codecOn(new WatchedStore(), { thresholdBytes: 1024 })
    const once = await codec.encode([payloadOf(randomBytes(5000))])
    const twice = await codec.encode(once)
    assert.equal(twice[0], once[0])
  })
})

describe('codec: work saved', () => {
  it('uploads the same bytes once, at once or one after the other', async () => {
    const store = new WatchedStore()
    const codec = codecOn(store)
    const payload = payloadOf(randomBytes(5000))
    await codec.encode([payload, payload, payload])
    await codec.encode([payload])
    assert.equal(store.written.length, 1)
  })

  it('leaves no new object when another process encodes again', async () => {
    const store = new WatchedStore()
    const payload = payloadOf(randomBytes(5000))
    const before = await codecOn(store).encode([payload])
    const after = await codecOn(store).encode([payload])
    assert.deepEqual(after, before)
    assert.equal((await store.keys()).length, 1)
  })

  it('writes a new object in a new week', async () => {
    const store = new WatchedStore()
    let now = WEEK_48
    const codec = codecOn(store, { clock: () => now })
    const payload = payloadOf(randomBytes(5000))
    await codec.encode([payload])
    now = new Date('2026-11-30T00:00:00Z')
    await codec.encode([payload])
    const weeks = (await store.keys()).map((key) => key.split('/')[2])
    assert.deepEqual(weeks, ['2026-W48', '2026-W49'])
  })

  it('reads a blob once for many who want it', async () => {
    const store = new WatchedStore()
    const claims = await codecOn(store).encode([payloadOf(randomBytes(5000))])
    const codec = codecOn(store)
    const claim = first(claims)
    await Promise.all(Array.from({ length: 10 }, async () => codec.decode([claim, claim])))
    await codec.decode([claim])
    assert.equal(store.read.length, 1)
  })

  it('writes a deleted blob again, though it was read out of memory meanwhile', async () => {
    const store = new WatchedStore()
    let now = WEEK_48
    const codec = codecOn(store, { clock: () => now })
    const payload = payloadOf(randomBytes(5000))
    const claims = await codec.encode([payload])
    await store.delete(await store.keys())
    now = new Date(WEEK_48.getTime() + 20_000)
    await codec.decode(claims)
    now = new Date(WEEK_48.getTime() + 40_000)
    await codec.encode([payload])
    assert.equal((await store.keys()).length, 1)
  })

  it('lets pass what stays inline while every place at the store is taken', async () => {
    const store = new WatchedStore()
    const gate = Promise.withResolvers<void>()
    const held = new Proxy(store, {
      get: (target, name) =>
        name === 'putIfAbsent'
          ? async (...inputs: Parameters<WatchedStore['putIfAbsent']>) => {
              await gate.promise
              return target.putIfAbsent(...inputs)
            }
          : Reflect.get(target, name, target),
    })
    const codec = codecOn(held, { concurrency: 1 })
    const parking = codec.encode([payloadOf(randomBytes(5000))])
    const small = payloadOf(Buffer.from('small'))
    assert.deepEqual(await codec.encode([small]), [small])
    assert.deepEqual(await codec.decode([small]), [small])
    gate.resolve()
    assert.ok(isClaimPayload(first(await parking)))
  })

  it('reads nothing that it has just written', async () => {
    const store = new WatchedStore()
    const codec = codecOn(store)
    await codec.decode(await codec.encode([payloadOf(randomBytes(5000))]))
    assert.equal(store.read.length, 0)
  })

  it('keeps no more in memory than allowed', async () => {
    const store = new WatchedStore()
    const claims = await codecOn(store).encode([1, 2, 3].map(() => payloadOf(randomBytes(5000))))
    const codec = codecOn(store, { cacheBytes: 11_000 })
    for (let round = 0; round < 2; round += 1) {
      for (const claim of claims) await codec.decode([claim])
    }
    assert.equal(store.read.length, 6)
  })

  it('what a reader does to its value does not reach the next one', async () => {
    const store = new WatchedStore()
    const codec = codecOn(store)
    const data = randomBytes(5000)
    const claims = await codec.encode([payloadOf(data)])
    for (let round = 0; round < 3; round += 1) {
      const decoded = first(await codec.decode(claims))
      assert.deepEqual(Buffer.from(decoded.data ?? []), data)
      decoded.data?.fill(0)
    }
  })

  it('has no more than its limit on their way at once, over all calls', async () => {
    const store = new WatchedStore()
    const codec = codecOn(store, { concurrency: 4 })
    const lists = Array.from({ length: 10 }, () =>
      [1, 2, 3].map(() => payloadOf(randomBytes(3000))),
    )
    const encoded = await Promise.all(lists.map(async (list) => codec.encode(list)))
    const reader = codecOn(store, { concurrency: 4 })
    await Promise.all(encoded.map(async (list) => reader.decode(list)))
    assert.equal(store.mostAtOnce, 4)
    assert.equal(store.read.length, 30)
  })
})
