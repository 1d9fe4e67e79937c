import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import proto from '@temporalio/proto'
import fc from 'fast-check'
import { staticKeys } from '../../../codec/index.ts'
import type { PayloadJson } from '../../../codec/payload-json.ts'
import { ask, jsonPayload, rawPayload, serverOn, textOf } from './codec-server-samples.ts'
import { WatchedStore } from './watched-store.ts'

const { Payload } = proto.temporal.api.common.v1

const large = (): PayloadJson => rawPayload(randomBytes(5000))
const encodingOf = (payload: PayloadJson | undefined): string =>
  textOf(payload?.metadata?.['encoding'])

describe('codec server', () => {
  it('encodes with the codec and decodes to the real values, in their order', async () => {
    const store = new WatchedStore()
    const server = serverOn(store)
    const values = [jsonPayload('small'), large(), jsonPayload('a'.repeat(1900)), large()]
    const encoded = await ask(server, 'encode', values)
    assert.equal(encoded.status, 200)
    assert.deepEqual(encoded.payloads.map(encodingOf), [
      'json/plain',
      'json/claimcheck-v1',
      'json/plain',
      'json/claimcheck-v1',
    ])
    assert.deepEqual(encoded.payloads[1]?.['externalPayloads'], [{ sizeBytes: '5029' }])
    assert.equal((await store.keys()).length, 2)
    const decoded = await ask(serverOn(store), 'decode', encoded.payloads)
    assert.equal(decoded.status, 200)
    assert.deepEqual(decoded.payloads, values)
  })

  it('answers an empty list with one', async () => {
    for (const route of ['encode', 'decode', 'download']) {
      assert.equal((await ask(serverOn(new WatchedStore()), route, [])).text, '{"payloads":[]}')
    }
  })

  it('gives back what is not ours as it came, members that it does not know too', async () => {
    const foreign = { metadata: { encoding: 'eHl6' }, data: 'AA-_', externalPayloads: [], new: 1 }
    for (const route of ['encode', 'decode', 'download']) {
      const { payloads } = await ask(serverOn(new WatchedStore()), route, [foreign, {}])
      assert.deepEqual(payloads, [foreign, {}])
    }
  })

  it('shows the Temporal UI a claim as stored elsewhere, without fetching it', async () => {
    const store = new WatchedStore()
    const server = serverOn(store)
    const { payloads } = await ask(server, 'encode', [jsonPayload('inline'), large()])
    const shown = await ask(serverOn(store), 'decode?preserveStorageRefs=true', payloads)
    assert.equal(shown.status, 200)
    assert.deepEqual(shown.payloads[0], jsonPayload('inline'))
    const reference = shown.payloads[1]
    assert.equal(encodingOf(reference), 'json/protobuf')
    assert.equal(
      textOf(reference?.metadata?.['messageType']),
      'temporal.api.sdk.v1.ExternalStorageReference',
    )
    assert.equal(reference?.data, payloads[1]?.data)
    assert.deepEqual(reference?.['externalPayloads'], [{ sizeBytes: '5029' }])
    assert.deepEqual(store.read, [])
  })

  it('fetches a claim where the UI is not said to want it kept', async () => {
    const store = new WatchedStore()
    const value = large()
    const { payloads } = await ask(serverOn(store), 'encode', [value])
    for (const query of ['', '?preserveStorageRefs=false', '?preserveStorageRefs=']) {
      const answer = await ask(serverOn(store), `decode${query}`, payloads)
      assert.deepEqual(answer.payloads, [value])
    }
  })

  it('opens what is sealed inline for the Temporal UI too', async () => {
    const keys = staticKeys({ keys: { main: randomBytes(32) } })
    const server = serverOn(new WatchedStore(), {}, { encryption: keys })
    const { payloads } = await ask(server, 'encode', [jsonPayload('secret')])
    assert.equal(encodingOf(payloads[0]), 'binary/claimcheck-v1')
    const shown = await ask(server, 'decode?preserveStorageRefs=true', payloads)
    assert.deepEqual(shown.payloads, [jsonPayload('secret')])
  })

  it('downloads the value of the original claim, whatever the query says', async () => {
    const store = new WatchedStore()
    const value = large()
    const { payloads } = await ask(serverOn(store), 'encode', [value])
    const saved = await ask(serverOn(store), 'download?preserveStorageRefs=true', payloads)
    assert.equal(saved.status, 200)
    assert.deepEqual(saved.payloads, [value])
  })

  it('writes what protobuf reads: the payloads of an answer are proto3 JSON', async () => {
    const { payloads } = await ask(serverOn(new WatchedStore()), 'encode', [large()])
    const parsed = Payload.fromObject(payloads[0] ?? {})
    assert.equal(Number(parsed.externalPayloads?.[0]?.sizeBytes), 5029)
    assert.equal(Buffer.from(parsed.data).toString('base64'), payloads[0]?.data)
  })

  it('serves each namespace with its own codec', async () => {
    const store = new WatchedStore()
    const answer = await ask(serverOn(store), 'encode', [large()], { 'x-namespace': 'other' })
    assert.deepEqual([answer.status, answer.code], [400, 'CODEC_NAMESPACE_UNKNOWN'])
    assert.match(answer.text, /one of: default/)
    // Neither is what every object of JavaScript has.
    for (const name of ['constructor', '__proto__', '']) {
      const refused = await ask(serverOn(store), 'decode', [], { 'x-namespace': name })
      assert.equal(refused.code, 'CODEC_NAMESPACE_UNKNOWN')
    }
    assert.deepEqual(store.written, [])
  })

  for (const [name, options] of [
    ['plain', {}],
    ['encrypted', { encryption: staticKeys({ keys: { main: randomBytes(32) } }) }],
  ] as const) {
    it(`any list of payloads comes back byte for byte, ${name}`, async () => {
      const bytes = fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.uint8Array({ maxLength: 20, size: 'max' }).map((unit) => repeated(unit, 300)),
      )
      const key = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.constant('__proto__'))
      const payload = fc.record({ metadata: fc.dictionary(key, bytes), data: bytes })
      await fc.assert(
        fc.asyncProperty(fc.array(payload, { maxLength: 8 }), async (list) => {
          const store = new WatchedStore()
          const codecOptions = { thresholdBytes: 1024, compressBytes: 100, ...options }
          const sent = list.map(({ metadata, data }) => ({
            metadata: Object.fromEntries(
              Object.entries(metadata).map(([entry, value]) => [entry, base64(value)]),
            ),
            data: base64(data),
          }))
          const encoded = await ask(serverOn(store, {}, codecOptions), 'encode', sent)
          assert.equal(encoded.payloads.length, sent.length)
          const decoded = await ask(serverOn(store, {}, codecOptions), 'decode', encoded.payloads)
          assert.deepEqual(decoded.payloads, sent)
        }),
        { numRuns: 60 },
      )
    })
  }
})

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function repeated(unit: Uint8Array, times: number): Uint8Array {
  return Buffer.concat(Array.from({ length: times }, () => unit))
}
