import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  createCodecServer,
  parseClaimPayload,
  staticKeys,
  type CodedError,
  type ObjectKey,
} from '../../../codec/index.ts'
import { fromPayloadJson, type PayloadJson } from '../../../codec/payload-json.ts'
import { storeUnreachable } from '../../../codec/s3-error.ts'
import { codecOn } from './codec-samples.ts'
import {
  ask,
  jsonPayload,
  rawPayload,
  serverOn,
  textOf,
  type Asked,
} from './codec-server-samples.ts'
import { WatchedStore } from './watched-store.ts'

/** A store that is away for some keys, or all. */
class AwayStore extends WatchedStore {
  readonly away = new Set<ObjectKey>()
  isAway = false

  override async get(...[key, options]: Parameters<WatchedStore['get']>): Promise<Uint8Array> {
    if (this.isAway || this.away.has(key)) throw storeUnreachable('The store is away', { key })
    return super.get(key, options)
  }
}

const keyOf = (claim: PayloadJson | undefined): ObjectKey =>
  parseClaimPayload(fromPayloadJson(claim ?? {})).key
const metadataOf = (payload: PayloadJson | undefined, name: string): string =>
  textOf(payload?.metadata?.[name] ?? '')
/** Why all was refused, or else the first payload. */
const codeIn = ({ code, payloads }: Asked): string =>
  code ?? metadataOf(payloads[0], 'claimcheck-error-code')

/** Claims of three large values. */
async function threeClaims(store: WatchedStore) {
  const values = [1, 2, 3].map(() => rawPayload(randomBytes(5000)))
  const { payloads } = await ask(serverOn(store), 'encode', values)
  return { values, payloads, keys: payloads.map(keyOf) }
}

describe('codec server: payloads that fail', () => {
  it('one that is lost comes back as itself, marked, beside the values of the others', async () => {
    const store = new AwayStore()
    const { values, payloads, keys } = await threeClaims(store)
    await store.delete(keys.slice(1, 2))
    const answer = await ask(serverOn(store), 'decode', payloads)
    assert.equal(answer.status, 200)
    assert.deepEqual([answer.payloads[0], answer.payloads[2]], [values[0], values[2]])
    const marked = answer.payloads[1]
    // Nobody takes it for the value: no worker knows it as anything else.
    assert.equal(metadataOf(marked, 'encoding'), 'json/claimcheck-v1')
    assert.equal(metadataOf(marked, 'claimcheck-error-code'), 'BLOB_MISSING')
    const reason = metadataOf(marked, 'claimcheck-error')
    assert.match(reason, /^BLOB_MISSING: The blob of a claim is not in the store.*Put the object/)
    assert.ok(reason.includes(keys[1] ?? '-'))
    const shown = JSON.parse(textOf(marked?.data)) as Record<string, unknown>
    assert.equal(Object.keys(shown)[0], 'error')
    assert.equal(shown['error'], reason)
    assert.equal(shown['key'], keys[1])
  })

  it('of five kinds in one request each comes back in its place', async () => {
    const store = new WatchedStore()
    const { values, payloads, keys } = await threeClaims(store)
    await store.delete(keys.slice(2))
    const later = rawPayload(Buffer.from('{"claim":2}'), 'json/claimcheck-v2')
    const foreign = rawPayload(randomBytes(50), 'binary/of-another-codec')
    const asked = [payloads[0], later, jsonPayload({ plain: true }), foreign, payloads[2]]
    const answer = await ask(serverOn(store), 'decode', asked)
    assert.equal(answer.status, 200)
    assert.deepEqual(
      answer.payloads.map((payload) => metadataOf(payload, 'claimcheck-error-code')),
      ['', 'CLAIM_VERSION_UNKNOWN', '', '', 'BLOB_MISSING'],
    )
    const untouched = [values[0], asked[2], asked[3]]
    assert.deepEqual([answer.payloads[0], answer.payloads[2], answer.payloads[3]], untouched)
    assert.equal(metadataOf(answer.payloads[1], 'encoding'), 'json/claimcheck-v2')
  })

  it('one that cannot be opened keeps its data, marked', async () => {
    const encryption = staticKeys({ keys: { main: randomBytes(32) } })
    const store = new WatchedStore()
    const sealed = await ask(serverOn(store, {}, { encryption }), 'encode', [jsonPayload('secret')])
    const answer = await ask(serverOn(store), 'decode', [jsonPayload(1), ...sealed.payloads])
    assert.equal(answer.status, 200)
    assert.equal(answer.payloads[1]?.data, sealed.payloads[0]?.data)
    assert.equal(metadataOf(answer.payloads[1], 'claimcheck-error-code'), 'ENCRYPTION_KEY_MISSING')
    // Nor is room made for the reason in what is no object.
    for (const text of ['[1]', 'null', '"text"', '']) {
      const later = rawPayload(Buffer.from(text), 'json/claimcheck-v9')
      const { payloads } = await ask(serverOn(store), 'decode', [later])
      assert.equal(payloads[0]?.data, later.data)
      assert.equal(metadataOf(payloads[0], 'claimcheck-error-code'), 'CLAIM_VERSION_UNKNOWN')
    }
  })

  for (const route of ['decode', 'download']) {
    it(`${route} is refused for now while the store is away`, async () => {
      const store = new AwayStore()
      const { payloads } = await threeClaims(store)
      store.isAway = true
      const answer = await ask(serverOn(store), route, payloads)
      assert.deepEqual([answer.status, answer.code], [503, 'STORE_UNREACHABLE'])
      assert.equal(answer.headers.get('retry-after'), '2')
    })
  }

  it('a download of nothing but lost ones is refused for good, by index', async () => {
    const store = new AwayStore()
    const { payloads, keys } = await threeClaims(store)
    await store.delete(keys)
    const answer = await ask(serverOn(store), 'download', payloads)
    assert.deepEqual([answer.status, answer.code], [410, 'BLOB_MISSING'])
    assert.deepEqual(
      answer.errors.map(({ index, code }) => [index, code]),
      [0, 1, 2].map((index) => [index, 'BLOB_MISSING']),
    )
    assert.match(answer.text, /payload 2: BLOB_MISSING/)
  })

  it('decoding marks what is lost for good even where that is all there is', async () => {
    const store = new WatchedStore()
    const { payloads, keys } = await threeClaims(store)
    await store.put(keys[0] as ObjectKey, randomBytes(100), { contentType: 'x/y' })
    await store.delete(keys.slice(1))
    const answer = await ask(serverOn(store), 'decode', payloads)
    assert.equal(answer.status, 200)
    const codes = answer.payloads.map((marked) => metadataOf(marked, 'claimcheck-error-code'))
    assert.deepEqual(codes, ['BLOB_DAMAGED', 'BLOB_MISSING', 'BLOB_MISSING'])
  })

  it('one that is away hides no value beside it', async () => {
    const store = new AwayStore()
    const { values, payloads, keys } = await threeClaims(store)
    for (const key of keys.slice(1)) store.away.add(key)
    const answer = await ask(serverOn(store), 'decode', payloads)
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.payloads[0], values[0])
    assert.equal(metadataOf(answer.payloads[1], 'claimcheck-error-code'), 'STORE_UNREACHABLE')
    assert.equal((await ask(serverOn(store), 'download', payloads)).status, 503)
  })

  it('lost and away together: decoding is worth another try, a download is not', async () => {
    const store = new AwayStore()
    const { payloads, keys } = await threeClaims(store)
    await store.delete(keys.slice(0, 1))
    for (const key of keys.slice(1)) store.away.add(key)
    assert.equal((await ask(serverOn(store), 'decode', payloads)).status, 503)
    assert.equal((await ask(serverOn(store), 'download', payloads)).status, 410)
  })

  it('a download is whole or refused: a mark is never saved as a value', async () => {
    const store = new WatchedStore()
    const { payloads, keys } = await threeClaims(store)
    await store.delete(keys.slice(1, 2))
    const answer = await ask(serverOn(store), 'download', payloads)
    assert.equal(answer.status, 410)
    assert.deepEqual(
      answer.errors.map(({ index }) => index),
      [1],
    )
    assert.deepEqual(answer.payloads, [])
  })

  it('a claim of another namespace is not followed', async () => {
    const store = new WatchedStore()
    const foreign = createCodecServer({
      codecs: { default: codecOn(store, { namespace: 'other' }) },
    })
    const { payloads } = await ask(foreign, 'encode', [rawPayload(randomBytes(5000))])
    for (const route of ['decode', 'download']) {
      assert.equal(codeIn(await ask(serverOn(store), route, payloads)), 'CLAIM_FOREIGN')
    }
    assert.deepEqual(store.read, [])
  })

  it('a forged claim chooses no object', async () => {
    const store = new WatchedStore()
    const { payloads } = await threeClaims(store)
    const claim = JSON.parse(textOf(payloads[0]?.data)) as object
    for (const key of ['landing/x', 'blobs/default/../secret', `values/${'a'.repeat(64)}`]) {
      const data = Buffer.from(JSON.stringify({ ...claim, key }))
      const forged = [rawPayload(data, 'json/claimcheck-v1')]
      assert.equal(codeIn(await ask(serverOn(store), 'decode', forged)), 'CLAIM_MALFORMED')
      assert.equal((await ask(serverOn(store), 'download', forged)).status, 422)
    }
    assert.deepEqual(store.read, [])
  })
})

describe('codec server: how much one answer may hold', () => {
  it('claims that fit are fetched, the one too many is not', async () => {
    const store = new WatchedStore()
    const { values, payloads } = await threeClaims(store)
    const server = serverOn(store, { maxDecodedBytes: 12_000 })
    const answer = await ask(server, 'decode', payloads)
    assert.deepEqual(answer.payloads.slice(0, 2), values.slice(0, 2))
    assert.equal(metadataOf(answer.payloads[2], 'claimcheck-error-code'), 'PAYLOAD_TOO_LARGE')
    assert.equal(store.read.length, 2)
    assert.equal((await ask(server, 'download', payloads)).status, 413)
  })

  it('is 64 MiB where nothing else is said', async () => {
    const store = new WatchedStore()
    const { payloads } = await threeClaims(store)
    const text = textOf(payloads[0]?.data)
    for (const [sizeBytes, code] of [
      [64 * 1024 ** 2 + 1, 'PAYLOAD_TOO_LARGE'],
      [64 * 1024 ** 2, 'BLOB_DAMAGED'],
    ] as const) {
      const data = Buffer.from(text.replace(/"sizeBytes":\d+/, `"sizeBytes":${sizeBytes}`))
      const forged = [rawPayload(data, 'json/claimcheck-v1')]
      assert.equal(codeIn(await ask(serverOn(store), 'decode', forged)), code)
    }
    assert.equal(store.read.length, 1)
  })

  it('what is inflated counts as large as it becomes', async () => {
    const server = serverOn(
      new WatchedStore(),
      { maxDecodedBytes: 150_000 },
      { thresholdBytes: 200_000 },
    )
    const zeros = rawPayload(Buffer.alloc(100_000))
    const { payloads } = await ask(server, 'encode', [zeros, zeros])
    assert.equal(metadataOf(payloads[0], 'encoding'), 'binary/claimcheck-v1')
    const answer = await ask(server, 'decode', payloads)
    assert.deepEqual(answer.payloads[0], zeros)
    assert.equal(metadataOf(answer.payloads[1], 'claimcheck-error-code'), 'PAYLOAD_TOO_LARGE')
  })

  it('the limit is one that an answer can have', () => {
    assert.throws(
      () => serverOn(new WatchedStore(), { maxDecodedBytes: 1024 ** 3 }),
      /maxDecodedBytes must be at most/,
    )
  })
})

describe('codec server: defects', () => {
  it('are told without a word of the data, and whole to the operator', async () => {
    const heard: CodedError[] = []
    const defect = new Error('hunter2 cannot be read')
    const fail = async (): Promise<never> => {
      throw defect
    }
    const server = createCodecServer({
      codecs: { default: { encode: fail, decode: fail } },
      onFailure: (error) => void heard.push(error),
    })
    for (const route of ['encode', 'decode', 'download']) {
      const answer = await ask(server, route, [jsonPayload(1)])
      assert.equal(answer.status, route === 'decode' ? 200 : 500)
      assert.equal(codeIn(answer), 'CODEC_FAILED')
      assert.doesNotMatch(answer.text, /hunter2/)
    }
    assert.deepEqual(
      heard.map(({ cause }) => cause),
      [defect, defect, defect],
    )
  })

  it('a codec that loses a payload is one', async () => {
    const lose = async (): Promise<never[]> => []
    const server = createCodecServer({ codecs: { default: { encode: lose, decode: lose } } })
    for (const route of ['encode', 'decode', 'download']) {
      assert.equal(codeIn(await ask(server, route, [jsonPayload(1)])), 'CODEC_FAILED')
    }
  })
})
