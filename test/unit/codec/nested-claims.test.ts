import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Payload } from '@temporalio/common'
import proto from '@temporalio/proto'
import { toClaimPayload } from '../../../codec/claim-payload.ts'
import { blobClaimsIn, blobKey, generationOf, type Digest } from '../../../codec/index.ts'
import { payloadOf, WEEK_48 } from './codec-samples.ts'

const { Payloads } = proto.temporal.api.common.v1

function claimOf(digit: string) {
  const digest = digit.repeat(64) as Digest
  const generation = generationOf(WEEK_48)
  const key = blobKey({ namespace: 'default', generation, digest })
  const facts = { bucket: 'b', sizeBytes: 9, storedBytes: 9, encoding: 'json/plain' }
  return toClaimPayload({ kind: 'blob', key, digest, generation, ...facts })
}

/** A message of the server's own, as its workflows keep it. */
function messageOf(payloads: readonly Payload[], isJson = false): Payload {
  const message = Payloads.fromObject({ payloads })
  return {
    metadata: {
      encoding: Buffer.from(isJson ? 'json/protobuf' : 'binary/protobuf'),
      messageType: Buffer.from('temporal.server.api.schedule.v1.StartScheduleArgs'),
    },
    data: isJson
      ? Buffer.from(JSON.stringify(Payloads.toObject(message, { bytes: String })))
      : Payloads.encode(message).finish(),
  }
}

const digits = (message: unknown): string =>
  blobClaimsIn(message)
    .map(({ digest }) => digest[0])
    .join('')

describe('claims within messages of the server', () => {
  for (const isJson of [false, true]) {
    test(`are found in ${isJson ? 'JSON' : 'bytes'}`, () => {
      const others = payloadOf(Buffer.from('"small"'))
      const message = messageOf([claimOf('1'), others, claimOf('2')], isJson)
      assert.equal(digits({ input: { payloads: [message, claimOf('3')] } }), '123')
      assert.equal(digits(messageOf([others], isJson)), '')
    })

    test(`must have a version that is known, in ${isJson ? 'JSON' : 'bytes'}`, () => {
      for (const encoding of ['json/claimcheck-v2', 'binary/claimcheck-v2']) {
        const later = payloadOf(Buffer.from('{"version":2}'), encoding)
        const message = messageOf([later], isJson)
        assert.throws(() => blobClaimsIn(message), { code: 'CLAIM_VERSION_UNKNOWN' })
      }
    })
  }

  test('are not taken for none where they are not understood', () => {
    const damaged = payloadOf(Buffer.from('{}'), 'json/claimcheck-v1')
    assert.throws(() => blobClaimsIn(messageOf([damaged])), { code: 'CLAIM_MALFORMED' })
    const cut = payloadOf(Buffer.from('{"claim":1'), 'json/claimcheck-v1')
    assert.throws(() => blobClaimsIn(messageOf([cut])), { code: 'CLAIM_MALFORMED' })
  })

  test('are not looked for in what is not of Temporal', () => {
    const { metadata, data } = messageOf([claimOf('1')])
    const foreign = { metadata: { ...metadata, messageType: Buffer.from('acme.Order') }, data }
    assert.equal(digits(foreign), '')
  })
})
