import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { blobGarbage } from '../../../activities/retention/blob-garbage.ts'
import { valueGarbage } from '../../../activities/retention/value-garbage.ts'
import type { GarbageSource } from '../../../activities/index.ts'
import {
  blobKey,
  generationOf,
  generationSpan,
  MemoryObjectStore,
  type Digest,
  type ObjectKey,
} from '../../../codec/index.ts'
import { toClaimPayload } from '../../../codec/claim-payload.ts'
import { valueKey } from '../../../codec/value-key.ts'
import { payloadOf } from '../codec/codec-samples.ts'
import { ModelServer } from './model-server.ts'

const dayMs = 86_400_000
const written = new Date('2026-09-02T12:00:00Z')
const now = new Date('2026-11-04T12:00:00Z')
const small = payloadOf(Buffer.from('"small"'))
const { signal } = new AbortController()
const graceMs = 7 * dayMs

async function findings(source: GarbageSource) {
  const all = await Array.fromAsync(source({ now, signal }))
  return {
    garbage: all.flatMap((each) => ('garbage' in each ? [each.garbage.key] : [])),
    kept: all.flatMap((each) =>
      'kept' in each ? [`${each.kept.subject}: ${each.kept.reason}`] : [],
    ),
  }
}

function bed() {
  let time = written
  const store = new MemoryObjectStore({ clock: () => time })
  const server = new ModelServer(now)
  return {
    store,
    server,
    ports: { store, histories: server, graceMs },
    put: async (key: string, at = written): Promise<ObjectKey> => {
      time = at
      await store.put(key as ObjectKey, Buffer.from('x'), { contentType: 'text/plain' })
      return key as ObjectKey
    },
  }
}

const keyOf = (digit: string, at = written, namespace = 'default'): ObjectKey =>
  blobKey({ namespace, generation: generationOf(at), digest: digit.repeat(64) as Digest })

describe('blobGarbage', () => {
  test('is what is old and named by nothing; the rest stays, with a reason for each week', async () => {
    const { server, ports, put } = bed()
    const digest = '1'.repeat(64) as Digest
    const key = await put(keyOf('1'))
    const facts = { bucket: 'b', sizeBytes: 9, storedBytes: 9, encoding: 'json/plain' }
    const claim = toClaimPayload({
      kind: 'blob',
      key,
      digest,
      generation: generationOf(written),
      ...facts,
    })
    server.schedules.set('nightly', claim)
    const unnamed = await put(keyOf('2'))
    await put(keyOf('3', now), now)
    await put(keyOf('4'), now)
    await put(keyOf('5', written, 'another'))
    await put('blobs/default/notes.txt')
    const { garbage, kept } = await findings(blobGarbage(ports))
    assert.deepEqual(garbage, [unnamed])
    assert.deepEqual(kept.toSorted(), [
      'blobs/another/: is not of the namespace that is connected (objects: 1, bytes: 1)',
      'blobs/default/2026-W36/: something names them still (objects: 1, bytes: 1)',
      'blobs/default/2026-W36/: were written after their week, too lately (objects: 1, bytes: 1)',
      'blobs/default/2026-W45/: the week is too young (objects: 1, bytes: 1)',
      'blobs/default/: are no blobs by their keys (objects: 1, bytes: 1)',
      'nightly: names blobs of weeks that are over (objects: 1, bytes: 9)',
    ])
  })

  test('is nothing of the time of which a schedule hides what it holds', async () => {
    const { server, ports, put } = bed()
    const before = await put(keyOf('5', new Date(written.getTime() - 20 * dayMs)))
    await put(keyOf('6'))
    server.holders = async function* () {
      yield { name: 'schedule yearly', message: {}, hidesSince: written }
    }
    const { garbage, kept } = await findings(blobGarbage(ports))
    assert.deepEqual(garbage, [before])
    assert.match(kept.join(), /schedule yearly: .* all blobs since 2026-09-02 stay/)
    // What is encoded at the end of a week may be noted a day later.
    const weekEnd = generationSpan(generationOf(written)).end.getTime()
    for (const [sinceMs, count] of [
      [weekEnd + dayMs - 1, 1],
      [weekEnd + dayMs, 2],
    ] as const) {
      server.holders = async function* () {
        yield { name: 'schedule yearly', message: {}, hidesSince: new Date(sinceMs) }
      }
      assert.equal((await findings(blobGarbage(ports))).garbage.length, count)
    }
  })

  test('is nothing that a run holds as another one had it before the grace', async () => {
    const { server, ports, put } = bed()
    const key = await put(keyOf('7'))
    // Began within the grace, and was sent a signal then that a reset of its sender has sent again.
    server.now = new Date(now.getTime() - 5 * dayMs)
    const memo = small
    const run = server.begin({
      workflowId: 'told',
      input: small,
      memo,
      repeats: 'never',
      parent: undefined,
    })
    const facts = { bucket: 'b', sizeBytes: 9, storedBytes: 9, encoding: 'json/plain' }
    const digest = '7'.repeat(64) as Digest
    const generation = generationOf(written)
    const claim = toClaimPayload({ kind: 'blob', key, digest, generation, ...facts })
    server.note(run, {
      workflowExecutionSignaledEventAttributes: { input: { payloads: [claim] } },
    })
    server.now = now
    assert.deepEqual((await findings(blobGarbage(ports))).garbage, [])
  })

  test('reads no history where nothing is old', async () => {
    const { server, ports, put } = bed()
    await put(keyOf('3', now), now)
    let questions = 0
    server.onCall = async () => {
      questions += 1
    }
    assert.deepEqual((await findings(blobGarbage(ports))).garbage, [])
    assert.equal(questions, 1, 'how long runs are kept')
  })

  test('cannot be told where Temporal does not answer', async () => {
    const { server, ports, put } = bed()
    await put(keyOf('2'))
    server.isStopped = true
    await assert.rejects(findings(blobGarbage(ports)), { code: 'GARBAGE_UNDECIDED' })
  })
})

describe('valueGarbage', () => {
  const begin = (server: ModelServer, workflowId: string) =>
    server.begin({ workflowId, input: small, memo: small, repeats: 'never', parent: undefined })

  test('is what a run made that is gone; as long as the server has a run its values stay', async () => {
    const { server, ports, put } = bed()
    const open = begin(server, 'open')
    const lately = begin(server, 'lately')
    const longAgo = begin(server, 'long ago')
    lately.closedAt = new Date(now.getTime() - 5 * dayMs)
    longAgo.closedAt = new Date(now.getTime() - 30 * dayMs)
    await put(`values/default/open/${open.runId}/a`)
    await put(`values/default/long=20ago/${longAgo.runId}/a`)
    await put(`values/default/lately/${lately.runId}/a`)
    const gone = await put('values/default/gone/run-0/a')
    await put('values/default/gone/run-0/young', now)
    await put('values/another/gone/run-0/a')
    await put('values/default/notes.txt')
    const { garbage, kept } = await findings(valueGarbage(ports))
    assert.deepEqual(garbage, [gone])
    assert.deepEqual(kept.toSorted(), [
      'values/another/: is not of the namespace that is connected (objects: 1, bytes: 1)',
      `values/default/: are no values by their keys (objects: 1, bytes: 1)`,
      'values/default/: are too young (objects: 1, bytes: 1)',
      `values/default/lately/${lately.runId}/: the run is kept yet (objects: 1, bytes: 1)`,
      `values/default/long=20ago/${longAgo.runId}/: the run is kept yet (objects: 1, bytes: 1)`,
      `values/default/open/${open.runId}/: the run is open (objects: 1, bytes: 1)`,
    ])
  })

  test('stays with an activity that stands alone, as long as the server has that', async () => {
    const { server, ports, put } = bed()
    server.standalone.set('activity here', { input: small })
    await put(valueKey({ namespace: 'default', workflowId: 'here', runId: '' }, 'a'))
    const gone = await put(valueKey({ namespace: 'default', workflowId: 'gone', runId: '' }, 'a'))
    assert.deepEqual((await findings(valueGarbage(ports))).garbage, [gone])
  })

  test('stays with a chain, where the first run of it has made it', async () => {
    const { server, ports, put } = bed()
    const run = { workflowId: 'chain', input: small, memo: small, repeats: 'never' } as const
    const third = server.begin({ ...run, parent: undefined }, { continuedFrom: 'run-second' })
    const [event] = third.events
    assert.ok(event?.workflowExecutionStartedEventAttributes)
    event.workflowExecutionStartedEventAttributes.firstExecutionRunId = 'run-first'
    await put('values/default/chain/run-first/a')
    assert.deepEqual((await findings(valueGarbage(ports))).garbage, [])
  })

  test('lives on with the run that was reset from it, and the one that it continued as', async () => {
    const { server, ports, put } = bed()
    const base = begin(server, 'reset')
    server.reset(base, 1, now)
    server.runsById.delete(base.runId)
    await put(`values/default/reset/${base.runId}/a`)
    server.begin(
      { workflowId: 'continued', input: small, memo: small, repeats: 'never', parent: undefined },
      { continuedFrom: 'run-before' },
    )
    await put('values/default/continued/run-before/a')
    const before = await put('values/default/continued/run-long-before/a')
    const { garbage, kept } = await findings(valueGarbage(ports))
    assert.deepEqual(garbage, [before])
    assert.equal(kept.length, 2)
    assert.match(kept.join(), /goes on as another one.*was reset/)
  })
})
