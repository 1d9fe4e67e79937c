import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultPayloadConverter, type Payload } from '@temporalio/common'
import fc from 'fast-check'
import { payloadConverter } from '../../../codec/payload-converter.ts'
import { plainly } from './codec-samples.ts'

const values = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
  // Lone halves of a pair too, of which text in JSON may hold any.
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
)

test('makes the very payload that the SDK makes, and reads it as that does', () => {
  fc.assert(
    fc.property(values, (value) => {
      const payload = payloadConverter.toPayload(value)
      assert.deepEqual(plainly(payload), plainly(defaultPayloadConverter.toPayload(value)))
      assert.deepEqual(
        payloadConverter.fromPayload(payload),
        defaultPayloadConverter.fromPayload(payload),
      )
    }),
  )
})

test('treats what is no JSON as the SDK does', () => {
  const circle: { self?: unknown } = {}
  circle.self = circle
  for (const value of [1n, circle]) {
    assert.throws(() => payloadConverter.toPayload(value), { name: 'ValueError' })
  }
  for (const value of [undefined, () => 1, Symbol('none'), Buffer.from('bytes')]) {
    assert.deepEqual(
      plainly(payloadConverter.toPayload(value)),
      plainly(defaultPayloadConverter.toPayload(value)),
    )
  }
  // A mark at the start is no JSON.
  const marked: Payload = {
    metadata: { encoding: Buffer.from('json/plain') },
    data: Buffer.from('\ufeff"text"'),
  }
  for (const converter of [payloadConverter, defaultPayloadConverter]) {
    assert.throws(() => converter.fromPayload(marked), SyntaxError)
  }
  const empty: Payload = { metadata: { encoding: Buffer.from('json/plain') } }
  assert.throws(() => payloadConverter.fromPayload(empty), { name: 'ValueError' })
})
