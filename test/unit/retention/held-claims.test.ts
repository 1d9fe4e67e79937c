import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Payload } from '@temporalio/common'
import { heldClaims } from '../../../activities/retention/held-claims.ts'
import { PipelineError, type RetentionHistories } from '../../../activities/index.ts'
import { blobKey, generationOf, type Digest } from '../../../codec/index.ts'
import { toClaimPayload } from '../../../codec/claim-payload.ts'
import { payloadOf } from '../codec/codec-samples.ts'
import { ModelServer } from './model-server.ts'

const now = new Date('2026-11-04T12:00:00Z')
const small = payloadOf(Buffer.from('"small"'))
const { signal } = new AbortController()
/** All runs of the model began after it. */
const rule = { cut: new Date(0), isOld: () => true, isOldObject: () => true }

function claimed(
  digit: string,
  namespace = 'default',
): { readonly payload: Payload; readonly key: string } {
  const digest = digit.repeat(64) as Digest
  const generation = generationOf(now)
  const key = blobKey({ namespace, generation, digest })
  const facts = { bucket: 'b', sizeBytes: 9, storedBytes: 9, encoding: 'json/plain' }
  return { payload: toClaimPayload({ kind: 'blob', key, digest, generation, ...facts }), key }
}

async function keysOf(histories: RetentionHistories): Promise<string[]> {
  const held = await Array.fromAsync(heldClaims(histories, rule, signal))
  return held.flatMap(({ claims }) => claims.map(({ key }) => key)).toSorted()
}

function begin(server: ModelServer, input: Payload) {
  return server.begin({ workflowId: 'w', input, memo: small, repeats: 'never', parent: undefined })
}

describe('heldClaims', () => {
  test('reads the first event of a later run, and all of one that was reset', async () => {
    const server = new ModelServer(now)
    const [first, second] = [claimed('1'), claimed('2')]
    const run = begin(server, first.payload)
    server.note(run, {
      workflowExecutionSignaledEventAttributes: { input: { payloads: [second.payload] } },
    })
    assert.deepEqual(await keysOf(server), [first.key])
    server.reset(run, 2, now)
    server.runsById.delete(run.runId)
    assert.deepEqual(await keysOf(server), [first.key, second.key])
  })

  test('reads all of a run whose history begins before the cut, whenever it is said to have begun', async () => {
    const server = new ModelServer(new Date(now.getTime() - 1_000))
    const told = claimed('5')
    const run = begin(server, small)
    server.note(run, {
      workflowExecutionSignaledEventAttributes: { input: { payloads: [told.payload] } },
    })
    server.runsById.set(run.runId, { ...run, startedAt: now })
    const held = await Array.fromAsync(heldClaims(server, { ...rule, cut: now }, signal))
    assert.deepEqual(
      held.flatMap(({ claims }) => claims.map(({ key }) => key)),
      [told.key],
    )
  })

  test('finds what a schedule has started while it was looked, though that is gone', async () => {
    const server = new ModelServer(now)
    const scheduled = claimed('3')
    begin(server, small)
    server.schedules.set('nightly', scheduled.payload)
    let calls = 0
    server.onCall = async () => {
      calls += 1
      // All runs are listed by then, and no schedule is.
      if (calls === 4) {
        begin(server, scheduled.payload)
        server.schedules.clear()
      }
    }
    assert.deepEqual(await keysOf(server), [scheduled.key])
  })

  test('leaves claims of other namespaces alone', async () => {
    const server = new ModelServer(now)
    begin(server, claimed('4', 'another').payload)
    assert.deepEqual(await keysOf(server), [])
  })

  for (const [what, encoding] of [
    ['claim', 'json/claimcheck-v9'],
    ['sealed payload', 'binary/claimcheck-v9'],
  ] as const) {
    test(`cannot be told where a ${what} has a version that is not known`, async () => {
      const server = new ModelServer(now)
      begin(server, payloadOf(Buffer.from('{}'), encoding))
      await assert.rejects(keysOf(server), (error) => {
        assert.ok(error instanceof PipelineError)
        assert.equal(error.code, 'GARBAGE_UNDECIDED')
        assert.match(error.message, /CLAIM_VERSION_UNKNOWN/)
        assert.deepEqual(error.at, { workflowId: 'w', runId: 'run-1' })
        return true
      })
    })
  }

  test('cannot be told where a schedule holds such a one, or Temporal is gone', async () => {
    const server = new ModelServer(now)
    server.schedules.set('nightly', payloadOf(Buffer.from('{}'), 'json/claimcheck-v9'))
    await assert.rejects(keysOf(server), { code: 'GARBAGE_UNDECIDED' })
    server.schedules.clear()
    begin(server, small)
    server.isStopped = true
    await assert.rejects(keysOf(server), /UNAVAILABLE/)
  })

  test('cannot be told where a history begins with something else', async () => {
    const server = new ModelServer(now)
    begin(server, small).events.shift()
    const run = server.runsById.get('run-1')
    assert.ok(run)
    server.note(run, { workflowExecutionSignaledEventAttributes: {} })
    await assert.rejects(keysOf(server), { code: 'GARBAGE_UNDECIDED' })
  })
})
