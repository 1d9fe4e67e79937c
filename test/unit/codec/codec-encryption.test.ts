import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { ApplicationFailure, type Payload } from '@temporalio/common'
import {
  createDataConverter,
  failureConverterPath,
  isClaimPayload,
  parseClaimPayload,
  payloadConverterPath,
  staticKeys,
  type EncryptionKeys,
} from '../../../codec/index.ts'
import { serializePayload } from '../../../codec/payload-bytes.ts'
import { isSealedPayload } from '../../../codec/sealed-payload.ts'
import { codecOn, first, inActivity, payloadOf, plainly } from './codec-samples.ts'
import { WatchedStore } from './watched-store.ts'

const old = { '2026-10': randomBytes(32) }
const current = { '2026-11': randomBytes(32) }
const oldKeys = staticKeys({ keys: old })
const newKeys = staticKeys({ keys: { ...current, ...old } })
const onlyNewKeys = staticKeys({ keys: current })

const secret = 'the secret of the flights to Oslo '
const small = payloadOf(Buffer.from(JSON.stringify(secret)), 'json/plain')
const middle = payloadOf(Buffer.from(secret.repeat(50)))
const large = payloadOf(Buffer.concat([Buffer.from(secret), randomBytes(5000)]))
const nothing: Payload = {}

describe('encryption: what is encrypted', () => {
  it('everything, small payloads and empty ones too, and it all comes back', async () => {
    const codec = codecOn(new WatchedStore(), { encryption: newKeys })
    const list = [small, middle, large, nothing]
    const encoded = await codec.encode(list)
    assert.deepEqual(encoded.map(isSealedPayload), [true, true, false, true])
    assert.deepEqual(encoded.map(isClaimPayload), [false, false, true, false])
    assert.deepEqual((await codec.decode(encoded)).map(plainly), list.map(plainly))
  })

  it('no text, and nothing that only plain bytes can give, is seen in history or store', async () => {
    const store = new WatchedStore()
    const codec = codecOn(store, { encryption: newKeys })
    const encoded = await codec.encode([small, middle, large], inActivity)
    const seen = encoded.map((payload) => JSON.stringify(plainly(payload)))
    for (const key of await store.keys()) {
      const body = await store.get(key)
      seen.push(key, JSON.stringify(await store.head(key)), Buffer.from(body).toString('latin1'))
      seen.push(Buffer.from(body).toString('hex'))
    }
    const hidden = [small, middle, large].flatMap((payload) => {
      const plain = Buffer.concat(serializePayload(payload))
      return [plain, Buffer.from(payload.data ?? [])].flatMap(digests)
    })
    hidden.push(secret.slice(4), Buffer.from(secret.slice(4)).toString('hex'))
    hidden.push(Buffer.from(secret).toString('base64').slice(0, 40))
    for (const text of seen) {
      for (const word of hidden) assert.ok(!text.includes(word))
    }
    assert.ok(
      seen.some((text) => text.includes('claimcheck')),
      'there is something to be seen',
    )
  })

  it('messages and stacks of failures as well, where the data converter is asked', () => {
    const options = { store: new WatchedStore(), namespace: 'default' }
    assert.equal(createDataConverter(options).failureConverterPath, undefined)
    assert.equal(createDataConverter(options).payloadConverterPath, payloadConverterPath)
    assert.equal(
      createDataConverter({ ...options, encryption: newKeys }).failureConverterPath,
      failureConverterPath,
    )
  })
})

describe('encryption: a payload of many frames that does not compress', () => {
  it('is read back, though its blob is longer than itself', async () => {
    const store = new WatchedStore()
    const noise = payloadOf(randomBytes(12 * 1024 ** 2))
    for (const options of [{}, { encryption: newKeys }]) {
      const claims = await codecOn(store, options).encode([noise])
      const [decoded] = await codecOn(store, options).decode(claims)
      assert.ok(Buffer.from(decoded?.data ?? []).equals(noise.data ?? new Uint8Array()))
    }
  })
})

describe('encryption: the same again', () => {
  it('gives the same claim and no new object, in this process and after a restart', async () => {
    const store = new WatchedStore()
    const codec = codecOn(store, { encryption: newKeys })
    const before = await codec.encode([large])
    assert.deepEqual(await codec.encode([large]), before)
    assert.deepEqual(await codecOn(store, { encryption: newKeys }).encode([large]), before)
    assert.equal((await store.keys()).length, 1)
  })

  it('encoded again stays itself', async () => {
    const codec = codecOn(new WatchedStore(), { encryption: newKeys })
    const once = await codec.encode([small, large])
    const twice = await codec.encode(once)
    assert.equal(twice[0], once[0])
    assert.equal(twice[1], once[1])
  })

  it('never looks the same inline, so that nobody sees that two payloads are equal', async () => {
    const codec = codecOn(new WatchedStore(), { encryption: newKeys })
    const [left, right] = await codec.encode([small, small])
    assert.notDeepEqual(left, right)
  })

  it('is another blob for another key and for another namespace', async () => {
    const store = new WatchedStore()
    const claims = [
      await codecOn(store, { encryption: newKeys }).encode([large]),
      await codecOn(store, { encryption: oldKeys }).encode([large]),
      await codecOn(store, { encryption: newKeys, namespace: 'other' }).encode([large]),
      await codecOn(store).encode([large]),
    ].map((list) => parseClaimPayload(first(list)))
    assert.equal(new Set(claims.map(({ digest }) => digest)).size, 4)
    assert.equal(new Set(claims.map(({ key }) => key)).size, 4)
    assert.equal((await store.keys()).length, 4)
  })
})

describe('encryption: keys', () => {
  it('of before are read with after a rotation, and what is new is written with the new', async () => {
    const store = new WatchedStore()
    const before = await codecOn(store, { encryption: oldKeys }).encode([small, large])
    const rotated = codecOn(store, { encryption: newKeys })
    assert.deepEqual((await rotated.decode(before)).map(plainly), [small, large].map(plainly))
    const after = await rotated.encode([small, large])
    const reader = codecOn(store, { encryption: onlyNewKeys })
    assert.deepEqual((await reader.decode(after)).map(plainly), [small, large].map(plainly))
  })

  it('that are not here are named', async () => {
    const store = new WatchedStore()
    const encoded = await codecOn(store, { encryption: oldKeys }).encode([small, large])
    await eachFails(
      encoded,
      store,
      onlyNewKeys,
      'ENCRYPTION_KEY_MISSING',
      /2026-10.*has other keys/,
    )
    await eachFails(encoded, store, undefined, 'ENCRYPTION_KEY_MISSING', /2026-10.*has no keys/)
  })

  it('of the same id and other bytes are told from damage', async () => {
    const store = new WatchedStore()
    const encoded = await codecOn(store, { encryption: oldKeys }).encode([small, large])
    const wrong = staticKeys({ keys: { '2026-10': randomBytes(32) } })
    await eachFails(encoded, store, wrong, 'ENCRYPTION_KEY_WRONG', /2026-10/)
  })

  it('open nothing of another namespace, though its claims may be followed', async () => {
    const store = new WatchedStore()
    const [inline, claim] = await codecOn(store, { encryption: newKeys }).encode([small, large])
    assert.ok(inline && claim)
    const other = codecOn(store, { encryption: newKeys, namespace: 'other' })
    await assert.rejects(other.decode([inline]), { code: 'ENCRYPTION_KEY_WRONG' })
    await assert.rejects(other.decode([claim]), { code: 'CLAIM_FOREIGN' })
    const reader = codecOn(store, {
      encryption: newKeys,
      namespace: 'other',
      readableNamespaces: ['default'],
    })
    await assert.rejects(reader.decode([claim]), { code: 'ENCRYPTION_KEY_WRONG' })
  })

  it('that come to a process which wrote in plain do not keep it from reading that', async () => {
    const store = new WatchedStore()
    const plain = await codecOn(store, { thresholdBytes: 1024 }).encode([small, large])
    const codec = codecOn(store, { encryption: newKeys })
    assert.deepEqual((await codec.decode(plain)).map(plainly), [small, large].map(plainly))
  })

  it('of a provider that fails end the call before anything is written', async () => {
    const store = new WatchedStore()
    const broken: EncryptionKeys = {
      current: async () => Promise.reject(new Error('the key service is away')),
      find: () => undefined,
    }
    await assert.rejects(codecOn(store, { encryption: broken }).encode([large]), /key service/)
    const unknown: EncryptionKeys = { current: () => 'gone', find: () => undefined }
    await assert.rejects(codecOn(store, { encryption: unknown }).encode([large]), {
      code: 'ENCRYPTION_KEY_MISSING',
    })
    assert.deepEqual(store.written, [])
  })

  it('of a provider that nobody could read with again, or too short, are not written with', async () => {
    const store = new WatchedStore()
    for (const [id, keyBytes] of [
      ['main', 0],
      ['main', 16],
      ['main', 33],
      ['', 32],
      ['x'.repeat(65), 32],
      ['arn:aws:kms:eu-west-1:1:key/1', 32],
      ['schl\u00fcssel', 32],
      ['a\nb', 32],
    ] as const) {
      const encryption = { current: () => id, find: () => randomBytes(keyBytes) }
      const codec = codecOn(store, { encryption })
      for (const payload of [small, large]) {
        await assert.rejects(codec.encode([payload]), { code: 'ENCRYPTION_KEYS_INVALID' })
      }
    }
    assert.deepEqual(store.written, [])
  })

  it('that are missing fail an activity once', async () => {
    const encoded = await codecOn(new WatchedStore(), { encryption: oldKeys }).encode([small])
    await assert.rejects(
      codecOn(new WatchedStore()).decode(encoded, inActivity),
      (error: Error) => {
        assert.ok(error instanceof ApplicationFailure)
        assert.deepEqual([error.type, error.nonRetryable], ['ENCRYPTION_KEY_MISSING', true])
        return true
      },
    )
  })
})

async function eachFails(
  encoded: readonly Payload[],
  store: WatchedStore,
  encryption: EncryptionKeys | undefined,
  code: string,
  message: RegExp,
): Promise<void> {
  const codec = codecOn(store, encryption === undefined ? {} : { encryption })
  for (const payload of encoded) {
    await assert.rejects(codec.decode([payload]), { code, message, retryable: false })
  }
}

function digests(plain: Uint8Array): string[] {
  const digest = createHash('sha256').update(plain).digest()
  return [digest.toString('hex'), digest.toString('latin1'), digest.toString('base64')]
}
