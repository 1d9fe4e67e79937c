import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Payload } from '@temporalio/common'
import proto from '@temporalio/proto'
import fc from 'fast-check'
import {
  deserializePayload,
  payloadBytes,
  payloadEncoding,
  serializePayload,
} from '../../../codec/payload-bytes.ts'
import { plainly } from './codec-samples.ts'

const { Payload: PayloadProto } = proto.temporal.api.common.v1

const names = fc.oneof(
  fc.constantFrom('encoding', '', '9', '10', '1a', ' ', '__proto__', 'constructor', 'ü', '✈'),
  fc.string({ unit: 'binary', maxLength: 8 }).filter((name) => name.isWellFormed()),
)
const payloads: fc.Arbitrary<Payload> = fc.record(
  {
    metadata: fc.dictionary(names, fc.uint8Array({ maxLength: 200 }), { noNullPrototype: true }),
    data: fc.oneof(
      fc.uint8Array({ maxLength: 50 }),
      // Where the length needs another byte.
      fc
        .constantFrom(127, 128, 16_383, 16_384, 2_097_151, 2_097_152)
        .map((n) => Buffer.alloc(n, 7)),
    ),
  },
  { requiredKeys: [], noNullPrototype: true },
)

describe('plain bytes of a payload', () => {
  it('are protobuf, and give back the payload', () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        const bytes = Buffer.concat(serializePayload(payload))
        assert.deepEqual(plainly(deserializePayload(bytes)), plainly(payload))
        assert.deepEqual(plainly(PayloadProto.decode(bytes)), plainly(payload))
      }),
      { numRuns: 30 },
    )
  })

  it('have the metadata in ascending order of its names, those like numbers too', () => {
    const metadata = Object.fromEntries(
      ['b', '9', '', '10', 'a', '-'].map((name) => [name, Buffer.from(`<${name}>`)]),
    )
    const bytes = Buffer.concat(serializePayload({ metadata, data: Buffer.from('<data>') }))
    assert.deepEqual(bytes.toString('latin1').match(/<.*?>/g), [
      '<>',
      '<->',
      '<10>',
      '<9>',
      '<a>',
      '<b>',
      '<data>',
    ])
  })

  it('know no difference between no data and empty data, and no other fields', () => {
    const metadata = { encoding: Buffer.from('binary/null') }
    const externalPayloads = PayloadProto.fromObject({
      externalPayloads: [{ sizeBytes: 5 }],
    }).externalPayloads
    const expected = plainly({ metadata })
    for (const payload of [
      { metadata },
      { metadata, data: null },
      { metadata, externalPayloads },
    ]) {
      const bytes = Buffer.concat(serializePayload(payload))
      assert.deepEqual(plainly(deserializePayload(bytes)), expected)
    }
    assert.deepEqual(serializePayload({}), [Buffer.alloc(0)])
  })

  it('are hardly more than what the payload is counted as', () => {
    const payload = { metadata: { ü: Buffer.alloc(10) }, data: Buffer.alloc(300) }
    assert.equal(payloadBytes(payload), 312)
    assert.equal(payloadBytes({}), 0)
  })

  it('say what encoding they have, if any', () => {
    assert.equal(
      payloadEncoding({ metadata: { encoding: Buffer.from('json/plain') } }),
      'json/plain',
    )
    assert.equal(payloadEncoding({ metadata: {} }), '')
    assert.equal(payloadEncoding({}), '')
  })
})
