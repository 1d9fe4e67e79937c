import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import proto from '@temporalio/proto'
import { toClaimPayload } from '../../../codec/claim-payload.ts'
import {
  blobClaimsIn,
  blobKey,
  generationOf,
  parseBlobKey,
  valueClaimsIn,
  type Digest,
} from '../../../codec/index.ts'
import { payloadOf, WEEK_48 } from './codec-samples.ts'

const { HistoryEvent } = proto.temporal.api.history.v1
const { DescribeScheduleResponse } = proto.temporal.api.workflowservice.v1

function claimOf(digit: string) {
  const digest = digit.repeat(64) as Digest
  const generation = generationOf(WEEK_48)
  const key = blobKey({ namespace: 'default', generation, digest })
  const facts = { bucket: 'b', sizeBytes: 9, storedBytes: 9, encoding: 'json/plain' }
  return toClaimPayload({ kind: 'blob', key, digest, generation, ...facts })
}

const digits = (message: unknown): string =>
  blobClaimsIn(message)
    .map(({ key }) => parseBlobKey(key)?.digest[0])
    .join('')

describe('blobClaimsIn', () => {
  test('finds claims wherever an event has payloads, as they came over the wire', () => {
    const event = HistoryEvent.fromObject({
      eventId: 1,
      userMetadata: { summary: claimOf('1') },
      workflowExecutionStartedEventAttributes: {
        input: {
          payloads: [claimOf('2'), payloadOf(Buffer.from('{}'), 'json/plain'), claimOf('3')],
        },
        header: { fields: { trace: claimOf('4') } },
        memo: { fields: { note: claimOf('5') } },
        searchAttributes: { indexedFields: { day: claimOf('6') } },
        lastCompletionResult: { payloads: [claimOf('7')] },
        continuedFailure: {
          encodedAttributes: claimOf('8'),
          cause: { cause: { applicationFailureInfo: { details: { payloads: [claimOf('9')] } } } },
        },
      },
    })
    const wire = HistoryEvent.decode(HistoryEvent.encode(event).finish())
    assert.equal(digits(wire).split('').toSorted().join(''), '123456789')
  })

  test('finds those of a schedule, and none in what holds none', () => {
    const schedule = DescribeScheduleResponse.fromObject({
      schedule: { action: { startWorkflow: { input: { payloads: [claimOf('a')] } } } },
      memo: { fields: { note: claimOf('b') } },
    })
    assert.equal(digits(schedule), 'ab')
    for (const none of [undefined, null, 'text', 7, [], new Uint8Array(9), { metadata: {} }])
      assert.deepEqual(blobClaimsIn(none), [])
  })

  test('bears failures that cause one another ten thousand times', () => {
    let failure: object = { encodedAttributes: claimOf('c') }
    for (let depth = 0; depth < 10_000; depth += 1) failure = { cause: failure }
    assert.equal(digits(failure), 'c')
  })

  test('refuses what it does not know', () => {
    for (const encoding of ['json/claimcheck-v2', 'binary/claimcheck-v2'])
      assert.throws(() => blobClaimsIn([payloadOf(Buffer.from('{}'), encoding)]), {
        code: 'CLAIM_VERSION_UNKNOWN',
      })
    assert.throws(() => blobClaimsIn([payloadOf(Buffer.from('{}'), 'json/claimcheck-v1')]), {
      code: 'CLAIM_MALFORMED',
    })
  })

  test('names the event whose claim cannot be read', () => {
    const malformed = payloadOf(Buffer.from('{}'), 'json/claimcheck-v1')
    const event = HistoryEvent.fromObject({
      eventId: 4711,
      workflowExecutionSignaledEventAttributes: { input: { payloads: [claimOf('1'), malformed] } },
    })
    const wire = HistoryEvent.decode(HistoryEvent.encode(event).finish())
    assert.throws(() => blobClaimsIn(wire), {
      code: 'CLAIM_MALFORMED',
      at: { event: '4711' },
      message: /\[event=4711\]$/,
    })
  })
})

describe('valueClaimsIn', () => {
  const value = {
    claim: 1,
    kind: 'value',
    bucket: 'b',
    key: 'values/default/w/r/name',
    digest: 'd'.repeat(64),
    sizeBytes: 1,
    storedBytes: 1,
    encoding: 'json/plain',
  }
  const json = (data: unknown) => payloadOf(Buffer.from(JSON.stringify(data)), 'json/plain')

  test('finds claim values in plain JSON, however deep', () => {
    const found = valueClaimsIn({ input: { payloads: [json({ parts: [value] }), json(value)] } })
    assert.deepEqual(
      found.map(({ key }) => key),
      [value.key, value.key],
    )
    assert.deepEqual(valueClaimsIn([payloadOf(Buffer.from('not JSON'), 'json/plain')]), [])
    assert.deepEqual(blobClaimsIn([json(value)]), [])
  })

  test('leaves alone what only looks like a claim, and finds what is in it', () => {
    const lookalikes = [
      { claim: 'C-4711', kind: 'value', digest: 'annual' },
      { claim: 4711, kind: 'value', digest: 'annual' },
      { claim: 4711, kind: 'value', digest: 'd'.repeat(64), key: 'files/of/ours' },
      { ...value, key: 'blobs/default/w/d' },
      { ...value, amount: 12 },
      { claim: 1, kind: 'value', digest: null },
    ]
    for (const lookalike of lookalikes) {
      assert.deepEqual(valueClaimsIn([json(lookalike)]), [], JSON.stringify(lookalike))
      const [inner] = valueClaimsIn([json({ ...lookalike, attachment: value })])
      assert.equal(inner?.key, value.key)
    }
  })

  test('refuses one of another version', () => {
    assert.throws(() => valueClaimsIn([json({ ...value, claim: 2 })]), {
      code: 'CLAIM_VERSION_UNKNOWN',
    })
  })
})
