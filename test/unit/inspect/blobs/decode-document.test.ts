import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ClaimCheckCodec, MemoryObjectStore, type CodedError } from '../../../../codec/index.ts'
import { parseClaimPayload } from '../../../../codec/claim-payload.ts'
import { toPayloadJson } from '../../../../codec/payload-json.ts'
import { decodeDocument, encodedAs } from '../../../../src/inspect/blobs/decode-document.ts'
import { ValueDecoder } from '../../../../src/inspect/blobs/decode-payload.ts'
import { prettyJson } from '../../../../src/inspect/blobs/pretty-json.ts'
import { splitJson } from '../../../../src/inspect/blobs/split-json.ts'
import { keys, namespace } from './filled-store.ts'

const { signal } = new AbortController()
const store = new MemoryObjectStore()
const place = { store, namespace, encryption: keys, signal }
const codec = new ClaimCheckCodec({ store, namespace, encryption: keys, thresholdBytes: 1024 })
const digits = '12345678901234567890.123456789'

/** As histories hold a value, in proto3 JSON; it keeps its digits. */
async function encoded(json: string, encoding = 'json/plain') {
  const [payload] = await codec.encode([
    { metadata: { encoding: Buffer.from(encoding) }, data: Buffer.from(json) },
  ])
  assert.ok(payload !== undefined)
  return { payload, json: toPayloadJson(payload) }
}

async function decode(document: unknown, at = place) {
  const errors: CodedError[] = []
  const decoder = new ValueDecoder(at)
  const pieces = await Array.fromAsync(
    decodeDocument(decoder, document, (error) => errors.push(error)),
  )
  return { text: pieces.join(''), errors: errors.map(({ code }) => code) }
}

describe('decodeDocument', () => {
  it('puts values in the places of payloads, parked or sealed, in a history of any shape', async () => {
    const small = await encoded(`{"n":${digits}}`)
    const large = await encoded(JSON.stringify({ long: 'x'.repeat(2000) }))
    const { text, errors } = await decode({
      events: [{ eventId: '1', input: { payloads: [small.json, large.json] }, header: {} }],
      failure: { encodedAttributes: small.json },
    })
    assert.deepEqual(errors, [])
    assert.deepEqual(JSON.parse(text.replaceAll(digits, '1')), {
      events: [
        { eventId: '1', input: { payloads: [{ n: 1 }, { long: 'x'.repeat(2000) }] }, header: {} },
      ],
      failure: { encodedAttributes: { n: 1 } },
    })
    assert.ok(text.includes(`"n": ${digits}`), 'no digit of a number changes')
  })

  it('decodes a claim as Temporal’s page shows it, and leaves one inside of data', async () => {
    const { payload } = await encoded(JSON.stringify(['y'.repeat(2000)]))
    const claim: unknown = JSON.parse(Buffer.from(payload.data ?? []).toString())
    assert.deepEqual(JSON.parse((await decode(claim)).text), ['y'.repeat(2000)])
    assert.deepEqual(JSON.parse((await decode([claim])).text), [['y'.repeat(2000)]])
    assert.deepEqual(JSON.parse((await decode({ data: claim })).text), { data: claim })
  })

  it('shows what is no JSON, and what is not ours, as it is', async () => {
    const bytes = await encoded('bytes', 'binary/plain')
    const foreign = { metadata: { encoding: btoa('binary/encrypted') }, data: btoa('x') }
    const none = { metadata: { encoding: btoa('binary/null') } }
    const { text } = await decode([bytes.json, foreign, none])
    assert.deepEqual(JSON.parse(text), [
      { encoding: 'binary/plain', base64: btoa('bytes') },
      foreign,
      null,
    ])
  })

  it('tells of each value that cannot be had, and shows the others', async () => {
    const lost = await encoded(JSON.stringify('z'.repeat(2000)))
    await store.delete([parseClaimPayload(lost.payload).key])
    const damaged = await encoded(JSON.stringify('w'.repeat(2000)))
    const { key } = parseClaimPayload(damaged.payload)
    await store.put(key, (await store.get(key)).subarray(0, 60), { contentType: 'x' })
    const good = await encoded('"good"')
    const document = [lost.json, damaged.json, good.json]
    const { text, errors } = await decode(document)
    assert.deepEqual(errors, ['BLOB_MISSING', 'BLOB_DAMAGED'])
    assert.match(text, /"code": "BLOB_MISSING"[^]*"code": "BLOB_DAMAGED"[^]*"good"/)
    const locked = await decode(good.json, { ...place, encryption: undefined as never })
    assert.deepEqual(locked.errors, ['ENCRYPTION_KEY_MISSING'])
  })

  it('knows a single value', async () => {
    const { json } = await encoded('1')
    assert.equal(encodedAs(json)?.kind, 'payload')
    assert.equal(encodedAs({ payloads: [json] }), undefined)
    assert.throws(() => encodedAs({ claim: 2, kind: 'blob', key: 'k' }), {
      code: 'CLAIM_VERSION_UNKNOWN',
    })
  })
})

describe('splitJson', () => {
  it('takes documents apart, whatever stands between them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.object(), fc.array(fc.jsonValue())), { minLength: 1, maxLength: 5 }),
        fc.constantFrom('', '\n', ',\n', ' '),
        (documents, between) => {
          const text = documents.map((document) => JSON.stringify(document)).join(between)
          assert.deepEqual(
            splitJson(text),
            JSON.parse(`[${documents.map((each) => JSON.stringify(each)).join(',')}]`),
          )
        },
      ),
    )
  })

  it('refuses what is none', () => {
    for (const text of ['', 'null', '"{}"', '{', '}{', '{]', '{} x', '{"a":}']) {
      assert.throws(() => splitJson(text), { code: 'DECODE_INPUT_INVALID' }, text)
    }
  })
})

describe('prettyJson', () => {
  it('is the same JSON, indented as JSON.stringify does', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value, null, 2)
        assert.equal(prettyJson(JSON.stringify(value)).join('\n'), text)
        assert.equal(prettyJson(text).join('\n'), text)
      }),
    )
  })

  it('takes what is cut off anywhere, and no more lines than asked for', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), fc.integer({ min: 1, max: 9 }), (value, cut, most) => {
        const text = JSON.stringify(value)
        const lines = prettyJson(text.slice(0, cut % (text.length + 1)), most)
        assert.ok(lines.length <= most)
        const whole = prettyJson(text)
        assert.deepEqual(lines.slice(0, -1), whole.slice(0, Math.max(lines.length - 1, 0)))
      }),
    )
  })
})
