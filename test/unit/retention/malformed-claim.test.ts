import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PipelineError } from '../../../activities/index.ts'
import { blobGarbage } from '../../../activities/retention/blob-garbage.ts'
import { planGarbage } from '../../../activities/retention/plan-garbage.ts'
import { blobKey, generationOf, MemoryObjectStore, type Digest } from '../../../codec/index.ts'
import { payloadOf } from '../codec/codec-samples.ts'
import { ModelServer } from './model-server.ts'

const dayMs = 86_400_000
const written = new Date('2026-11-04T12:00:00Z')
const malformed = payloadOf(Buffer.from('{"claim":1}'), 'json/claimcheck-v1')
const small = payloadOf(Buffer.from('"small"'))
const { signal } = new AbortController()

/** A server with a run that is open, and a store with a blob that nothing names. */
async function openBed() {
  const server = new ModelServer(written)
  const store = new MemoryObjectStore({ clock: () => written })
  const digest = 'a'.repeat(64) as Digest
  const key = blobKey({ namespace: 'default', generation: generationOf(written), digest })
  await store.put(key, Buffer.from('blob'), { contentType: 'x' })
  const begun = { workflowId: 'w', input: small, memo: small, parent: undefined }
  const run = server.begin({ ...begun, repeats: 'never' })
  server.now = new Date(written.getTime() + 60 * dayMs)
  const plan = async () => {
    const sources = [blobGarbage({ store, histories: server })]
    return Array.fromAsync(planGarbage(sources, { now: server.now, signal }))
  }
  return { server, run, plan }
}

async function undecidedMessage(plan: () => Promise<unknown>): Promise<string> {
  const error = await plan().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof PipelineError)
  assert.deepEqual([error.code, error.retryable], ['GARBAGE_UNDECIDED', false])
  return error.message
}

describe('a claim that cannot be read', () => {
  test('lets nothing be garbage, and is told with workflow, run and event, until its run is gone', async () => {
    const { server, run, plan } = await openBed()
    server.note(run, { timerStartedEventAttributes: { timerId: '1' } })
    server.note(run, {
      workflowExecutionSignaledEventAttributes: { input: { payloads: [malformed] } },
    })
    assert.match(
      await undecidedMessage(plan),
      /CLAIM_MALFORMED: .* \[event=3\]; nothing is deleted \[workflowId=w, runId=run-1\]$/,
    )
    server.runsById.clear()
    const findings = await plan()
    assert.equal(findings.filter((finding) => 'garbage' in finding).length, 1)
  })

  test('is told with its run where it stands in a heartbeat', async () => {
    const { run, plan } = await openBed()
    run.heartbeat = malformed
    assert.match(
      await undecidedMessage(plan),
      /CLAIM_MALFORMED: .*; nothing is deleted \[workflowId=w, runId=run-1\]$/,
    )
  })

  test('is told with the schedule that holds it', async () => {
    const { server, plan } = await openBed()
    server.schedules.set('schedule nightly', malformed)
    assert.match(
      await undecidedMessage(plan),
      /CLAIM_MALFORMED: .*; nothing is deleted \[holder=schedule nightly\]$/,
    )
  })
})
