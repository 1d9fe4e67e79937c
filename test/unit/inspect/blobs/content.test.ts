import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { digestOf, MemoryObjectStore, type ObjectKey } from '../../../../codec/index.ts'
import { serializePayload } from '../../../../codec/payload-bytes.ts'
import { sealEnvelope } from '../../../../codec/seal-envelope.ts'
import type { BlobsPlace } from '../../../../src/inspect/blobs/blobs-place.ts'
import type { FoundObject } from '../../../../src/inspect/blobs/find-object.ts'
import { headObject } from '../../../../src/inspect/blobs/head-object.ts'
import { harmlessText, looksLikeText } from '../../../../src/inspect/blobs/looks-like-text.ts'
import { objectDetails } from '../../../../src/inspect/blobs/object-facts.ts'
import { openContent } from '../../../../src/inspect/blobs/open-content.ts'
import { openPayload } from '../../../../src/inspect/blobs/open-payload.ts'
import { fillStore, keys, namespace } from './filled-store.ts'

const { signal } = new AbortController()

function placeOf(store: MemoryObjectStore): BlobsPlace {
  return { store, namespace, encryption: keys, signal }
}

async function found(key: string): Promise<FoundObject> {
  return { key: key as ObjectKey, claimed: undefined, generations: [] }
}

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(pieces))
}

/** Puts a payload where a blob of it belongs. */
async function putPayload(store: MemoryObjectStore, encoding: string, data: Uint8Array) {
  const plain = serializePayload({ metadata: { encoding: Buffer.from(encoding) }, data })
  const key = `blobs/prod=2Feu/2026-W48/${await digestOf(plain)}`
  await store.put(key as ObjectKey, await sealEnvelope(plain, undefined), { contentType: 'x' })
  return found(key)
}

describe('openPayload', () => {
  it('takes any payload apart, in whatever pieces it comes', async () => {
    const bytes = fc.uint8Array({ maxLength: 300 })
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string({ maxLength: 20 }), bytes, { maxKeys: 4, noNullPrototype: true }),
        fc.option(bytes, { nil: undefined }),
        fc.integer({ min: 1, max: 50 }),
        async (metadata, data, pieceBytes) => {
          const plain = Buffer.concat(serializePayload({ metadata, ...(data && { data }) }))
          async function* pieces() {
            for (let at = 0; at < plain.length; at += pieceBytes) {
              yield plain.subarray(at, at + pieceBytes)
            }
          }
          const opened = await openPayload(pieces(), {})
          assert.deepEqual(
            new Map(
              Object.entries(opened.metadata ?? {}).map(([name, value]) => [
                name,
                Buffer.from(value),
              ]),
            ),
            new Map(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value)])),
          )
          assert.deepEqual(await bytesOf(opened.data), Buffer.from(data ?? []))
        },
      ),
      { numRuns: 200 },
    )
  })

  it('refuses what is no payload', async () => {
    for (const text of ['no payload', '\n\u0005ab']) {
      async function* pieces() {
        yield Buffer.from(text)
      }
      await assert.rejects(openPayload(pieces(), {}), { code: 'CLAIM_MALFORMED' })
    }
  })
})

describe('openContent', () => {
  it('gives a payload as its data, or as its digest is of', async () => {
    const store = new MemoryObjectStore()
    const data = Buffer.from('{"a":1}'.padEnd(3_000_000, ' '))
    const blob = await putPayload(store, 'json/plain', data)
    const content = await openContent(placeOf(store), blob)
    assert.deepEqual([content.form, content.encoding], ['json', 'json/plain'])
    assert.deepEqual(await bytesOf(content.bytes), data)
    const whole = await openContent(placeOf(store), blob, { protobuf: true })
    assert.equal(blob.key.endsWith(await digestOf(await bytesOf(whole.bytes))), true)
  })

  it('fails in the midst, and never ends early, where a later frame is damaged', async () => {
    const store = new MemoryObjectStore()
    const blob = await putPayload(store, 'binary/plain', Buffer.alloc(3_000_000, 'noise'))
    const body = Buffer.from(await store.get(blob.key))
    await store.put(blob.key, body.subarray(0, body.length - 1), { contentType: 'x' })
    const content = await openContent(placeOf(store), blob)
    await assert.rejects(bytesOf(content.bytes), { code: 'BLOB_DAMAGED' })
  })

  it('reads what version 1 of the envelope has written', async () => {
    const payload = Buffer.from(
      '4343455601000000000000000000002 1eb97f50c0a160a08656e636f64696e67120a6a736f6e2f706c61696e12072268656c6c6f22'.replace(
        ' ',
        '',
      ),
      'hex',
    )
    const store = new MemoryObjectStore()
    const plain = payload.subarray(20)
    const key = `blobs/prod=2Feu/2026-W48/${await digestOf(plain)}`
    await store.put(key as ObjectKey, payload, { contentType: 'x' })
    const { bytes } = await openContent(placeOf(store), await found(key))
    assert.equal((await bytesOf(bytes)).toString(), '"hello"')
    const details = await objectDetails(placeOf(store), await found(key))
    assert.deepEqual([details.state, details.compression], ['intact', 'none'])
  })
})

describe('objectDetails', () => {
  it('says what the writer has left beside an object, and that it is intact', async () => {
    const { place, blobs, pages, parts } = await fillStore(1)
    const [plain = '', encrypted = ''] = blobs
    const blob = await objectDetails(place, { ...(await found(plain)), generations: [] })
    assert.match(blob.writtenBy ?? '', /^claimcheck\//)
    assert.deepEqual(
      [
        blob.kind,
        blob.namespace,
        blob.state,
        blob.encoding,
        blob.compression,
        blob.encryptionKeyId,
      ],
      ['blob', namespace, 'intact', 'json/plain', 'zstd', undefined],
    )
    assert.equal(blob.digest, plain.split('/')[3])
    const sealed = await objectDetails(place, await found(encrypted))
    assert.deepEqual([sealed.state, sealed.encryptionKeyId], ['intact', 'of-test'])
    const locked = await objectDetails({ ...place, encryption: undefined }, await found(encrypted))
    assert.deepEqual([locked.state, locked.damage?.code], ['locked', 'ENCRYPTION_KEY_MISSING'])
    assert.equal(locked.plainBytes, sealed.plainBytes)
    const page = await objectDetails(place, await found(pages[0] ?? ''))
    assert.deepEqual([page.kind, page.state, page.pipeline], ['landing', 'intact', 'flights'])
    const part = await objectDetails(place, await found(parts[0] ?? ''))
    assert.deepEqual([part.kind, part.state, part.counts], ['dataset', 'intact', { rows: '1' }])
  })
})

describe('headObject', () => {
  it('shows JSON on lines, with every digit, text as it is and bytes as hex', async () => {
    const store = new MemoryObjectStore()
    const json = '{"a":[1,{}],"n":12345678901234567890.123456789}'
    const blob = await putPayload(store, 'json/plain', Buffer.from(json))
    assert.deepEqual(await headObject(placeOf(store), blob, 10), {
      form: 'json',
      lines: [
        '{',
        '  "a": [',
        '    1,',
        '    {}',
        '  ],',
        '  "n": 12345678901234567890.123456789',
        '}',
      ],
      isAll: true,
    })
    const cut = await headObject(placeOf(store), blob, 2)
    assert.deepEqual(cut, { form: 'json', lines: ['{', '  "a": ['], isAll: false })
    const text = await putPayload(store, 'binary/plain', Buffer.from('one\ntwo é\n'))
    assert.deepEqual(await headObject(placeOf(store), text, 10), {
      form: 'text',
      lines: ['one', 'two é'],
      isAll: true,
    })
    const bytes = await putPayload(store, 'binary/plain', Buffer.from([27, 91, 50, 74, 0, 255]))
    assert.deepEqual(await headObject(placeOf(store), bytes, 10), {
      form: 'hex',
      lines: ['00000000  1b 5b 32 4a 00 ff                                 |.[2J..|'],
      isAll: true,
    })
  })

  it('shows the beginning of what is large, cut in the midst of a number', async () => {
    const store = new MemoryObjectStore()
    const rows = Array.from({ length: 200_000 }, (_, index) => ({ id: index }))
    const blob = await putPayload(store, 'json/plain', Buffer.from(JSON.stringify(rows)))
    const head = await headObject(placeOf(store), blob, 4)
    assert.deepEqual(head, {
      form: 'json',
      lines: ['[', '  {', '    "id": 0', '  },'],
      isAll: false,
    })
  })
})

describe('looksLikeText', () => {
  it('tells what a terminal shows from what it obeys', () => {
    for (const text of ['', 'plain\ttext\r\n', 'Zürich, 東京']) {
      assert.ok(looksLikeText(Buffer.from(text)), text)
      assert.equal(harmlessText(text), text)
    }
    assert.ok(looksLikeText(Buffer.from('é').subarray(0, 1)), 'a letter that is cut')
    for (const bytes of [[27, 91], [0], [255, 254], [0xc2, 0x9b]]) {
      assert.ok(!looksLikeText(Buffer.from(bytes)), String(bytes))
    }
    assert.equal(harmlessText('a\u001b[2J\u009b'), 'a\\x1b[2J\\x9b')
  })
})
