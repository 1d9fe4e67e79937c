import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Payload } from '@temporalio/common'
import {
  ClaimCheckError,
  parseClaimPayload,
  staticKeys,
  type ClaimCheckCodec,
  type ClaimCheckCodecOptions,
  type ObjectHead,
  type ObjectKey,
} from '../../../codec/index.ts'
import { payloadBytes, serializePayload } from '../../../codec/payload-bytes.ts'
import { codecOn, first, payloadOf, plainly, WEEK_48 } from './codec-samples.ts'
import { seal } from './sealing-samples.ts'
import { WatchedStore } from './watched-store.ts'

const payload = payloadOf(randomBytes(5000))
/** How long a blob counts as whole without a look. */
const knownForMs = 30_000

interface Bed {
  readonly store: WatchedStore
  readonly warnings: string[]
  readonly codec: ClaimCheckCodec
  readonly claims: Payload[]
  readonly key: ObjectKey
  /** Of another process: it knows nothing. */
  readonly restarted: () => ClaimCheckCodec
  readonly later: (ms: number) => void
}

const harms: Readonly<
  Record<
    string,
    { readonly code: string; readonly harm: (store: WatchedStore, key: ObjectKey) => Promise<void> }
  >
> = {
  truncated: {
    code: 'BLOB_DAMAGED',
    harm: async (store, key) => overwrite(store, key, (body) => body.subarray(0, -7)),
  },
  emptied: {
    code: 'BLOB_DAMAGED',
    harm: async (store, key) => overwrite(store, key, () => new Uint8Array()),
  },
  'made longer': {
    code: 'BLOB_DAMAGED',
    harm: async (store, key) => overwrite(store, key, (body) => Buffer.concat([body, body])),
  },
  'replaced by bytes of the same length': {
    code: 'BLOB_DAMAGED',
    harm: async (store, key) => overwrite(store, key, (body) => randomBytes(body.byteLength)),
  },
  'replaced by a whole envelope of other bytes': {
    code: 'BLOB_DAMAGED',
    harm: async (store, key) => {
      const other = await seal(randomBytes(payloadBytes(payload)))
      await overwrite(store, key, () => other)
    },
  },
  'replaced by an unencrypted envelope of the same bytes, or by a broken one': {
    code: 'BLOB_DAMAGED',
    harm: async (store, key) => {
      const [wasEncrypted, same] = [(await store.get(key))[5] === 1, await plainEnvelope(payload)]
      await overwrite(store, key, () => (wasEncrypted ? same : same.subarray(1)))
    },
  },
  deleted: {
    code: 'BLOB_MISSING',
    harm: async (store, key) => store.delete([key]),
  },
}

const encryption = staticKeys({ keys: { '2026-11': randomBytes(32) } })
for (const [how, { code, harm }] of Object.entries(harms)) {
  for (const options of [{}, { encryption }]) {
    const kind = 'encryption' in options ? 'encrypted object' : 'object'
    describe(`an ${kind} ${how} behind our back`, () => {
      it('is noticed by a reader', async () => {
        const bed = await written(options)
        await harm(bed.store, bed.key)
        await assert.rejects(bed.restarted().decode(bed.claims), { code, message: /bucket=memory/ })
      })

      it('is written again by the next writer, and that is told', async () => {
        const bed = await written(options)
        await harm(bed.store, bed.key)
        assert.deepEqual(await bed.restarted().encode([payload]), bed.claims)
        assert.deepEqual(bed.warnings, code === 'BLOB_MISSING' ? [] : ['BLOB_HEALED'])
        assert.deepEqual(plainly(first(await bed.restarted().decode(bed.claims))), plainly(payload))
      })

      it('is written again by the same writer, once it no longer takes it for known', async () => {
        const bed = await written(options)
        await harm(bed.store, bed.key)
        bed.later(knownForMs + 1)
        await bed.codec.encode([payload])
        assert.deepEqual(plainly(first(await bed.restarted().decode(bed.claims))), plainly(payload))
      })

      it('is written again by a writer that has just failed to read it', async () => {
        const bed = await written(options)
        const reader = codecOn(bed.store, {
          ...options,
          cacheBytes: 0,
          onWarning: () => undefined,
        })
        // It has seen it whole, and would take it for known for a while.
        await reader.encode([payload])
        await harm(bed.store, bed.key)
        await assert.rejects(reader.decode(bed.claims), { code })
        await reader.encode([payload])
        assert.deepEqual(plainly(first(await reader.decode(bed.claims))), plainly(payload))
      })
    })
  }
}

describe('healing', () => {
  it('looks for a large blob before it sends it, and not again while it is known', async () => {
    const store = new LookedAtStore()
    const large = payloadOf(randomBytes(1_100_000))
    const claims = await codecOn(store).encode([large])
    store.written.length = 0
    const restarted = codecOn(store)
    for (let time = 0; time < 2; time += 1) {
      assert.deepEqual(await restarted.encode([large]), claims)
      assert.deepEqual([store.looks, store.written.length], [2, 0])
    }
  })

  it('writes a large blob again where the look finds it damaged', async () => {
    const store = new LookedAtStore()
    const large = payloadOf(randomBytes(1_100_000))
    const claims = await codecOn(store).encode([large])
    const { key } = parseClaimPayload(first(claims))
    await overwrite(store, key, (body) => body.subarray(0, -7))
    const warnings: string[] = []
    const writer = codecOn(store, { onWarning: ({ code }) => warnings.push(code) })
    await writer.encode([large])
    assert.deepEqual(warnings, ['BLOB_HEALED'])
    assert.deepEqual((await codecOn(store).decode(claims)).map(plainly), [plainly(large)])
  })

  it('writes what vanishes while it is looked at', async () => {
    for (const vanishesAt of ['head', 'get'] as const) {
      const store = new VanishingStore()
      const claims = await codecOn(store).encode([payload])
      const { key } = parseClaimPayload(first(claims))
      // Without its facts it would be read, to know whether it is whole.
      await store.put(key, await store.get(key), { contentType: 'x/y' })
      store.vanishesAt = vanishesAt
      await codecOn(store, { onWarning: () => undefined }).encode([payload])
      store.vanishesAt = undefined
      assert.deepEqual((await codecOn(store).decode(claims)).map(plainly), [plainly(payload)])
    }
  })

  it('sends a large blob unlooked for where the store does not tell what is missing', async () => {
    const store = new LookedAtStore()
    store.isDenied = true
    const large = payloadOf(randomBytes(1_100_000))
    const claims = await codecOn(store).encode([large])
    assert.equal(store.written.length, 1)
    assert.deepEqual((await codecOn(store).decode(claims)).map(plainly), [plainly(large)])
  })

  it('asks nothing of the store while a blob is known', async () => {
    const bed = await written({})
    bed.later(knownForMs)
    await bed.codec.encode([payload])
    assert.equal(bed.store.written.length, 1)
    bed.later(1)
    await bed.codec.encode([payload])
    assert.equal(bed.store.written.length, 2)
    assert.deepEqual(bed.warnings, [])
  })

  it('reads nothing where the store itself says that the object is as written', async () => {
    const bed = await written({})
    await bed.restarted().encode([payload])
    assert.equal(bed.store.read.length, 0)
  })

  it('reads what has lost its facts, and leaves it as it is where it is whole', async () => {
    const bed = await written({})
    const body = await bed.store.get(bed.key)
    await bed.store.put(bed.key, body, { contentType: 'x/y' })
    bed.store.read.length = 0
    await bed.restarted().encode([payload])
    assert.deepEqual(bed.store.read, [bed.key])
    assert.equal((await bed.store.head(bed.key))?.contentType, 'x/y')
    assert.deepEqual(bed.warnings, [])
  })

  it('writes over what another key of the same id has sealed', async () => {
    const bed = await written({ encryption })
    const wrong = codecOn(new WatchedStore(), {
      encryption: staticKeys({ keys: { '2026-11': randomBytes(32) } }),
    })
    const sealed = first(await wrong.encode([payloadOf(randomBytes(100))]))
    await overwrite(bed.store, bed.key, () => sealed.data ?? new Uint8Array())
    await bed.restarted().encode([payload])
    assert.deepEqual(bed.warnings, ['BLOB_HEALED'])
    assert.deepEqual(plainly(first(await bed.restarted().decode(bed.claims))), plainly(payload))
  })
})

/** Counts what is looked for; or, as AWS does without `s3:ListBucket`, does not say what is missing. */
class LookedAtStore extends WatchedStore {
  looks = 0
  isDenied = false

  override async head(
    ...inputs: Parameters<WatchedStore['head']>
  ): Promise<ObjectHead | undefined> {
    this.looks += 1
    if (this.isDenied) throw new ClaimCheckError('STORE_DENIED', 'refused', { remedy: 'Ask.' })
    return super.head(...inputs)
  }
}

/** Somebody deletes its objects just before they are looked at, or read. */
class VanishingStore extends WatchedStore {
  vanishesAt: 'head' | 'get' | undefined

  override async head(
    ...inputs: Parameters<WatchedStore['head']>
  ): Promise<ObjectHead | undefined> {
    if (this.vanishesAt === 'head') await this.delete([inputs[0]])
    return super.head(...inputs)
  }

  override async get(...inputs: Parameters<WatchedStore['get']>): Promise<Uint8Array> {
    if (this.vanishesAt === 'get') await this.delete([inputs[0]])
    return super.get(...inputs)
  }
}

async function written(options: Partial<ClaimCheckCodecOptions>): Promise<Bed> {
  const store = new WatchedStore()
  const warnings: string[] = []
  let now = WEEK_48
  const restarted = (): ClaimCheckCodec =>
    codecOn(store, {
      ...options,
      clock: () => now,
      onWarning: ({ code }) => warnings.push(code),
    })
  const codec = restarted()
  const claims = await codec.encode([payload])
  const { key } = parseClaimPayload(first(claims))
  const later = (ms: number): void => {
    now = new Date(now.getTime() + ms)
  }
  return { store, warnings, codec, claims, key, restarted, later }
}

async function plainEnvelope(one: Payload): Promise<Uint8Array> {
  return seal(Buffer.concat(serializePayload(one)))
}

/** What stands beside the object stays: only the bytes are other ones. */
async function overwrite(
  store: WatchedStore,
  key: ObjectKey,
  change: (body: Uint8Array) => Uint8Array,
): Promise<void> {
  const body = await store.get(key)
  const head = await store.head(key)
  await store.put(key, change(body), { contentType: 'x/y', metadata: head?.metadata ?? {} })
}
