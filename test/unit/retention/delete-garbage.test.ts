import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PipelineError, type Garbage, type GarbageSource } from '../../../activities/index.ts'
import { deleteGarbage } from '../../../activities/retention/delete-garbage.ts'
import { parkPlan, readParkedPlan } from '../../../activities/retention/parked-plan.ts'
import type { ObjectKey } from '../../../codec/index.ts'
import { FailingStore } from './failing-store.ts'

const now = new Date()
const { signal } = new AbortController()
const contentType = 'text/plain'

/** What lies under `x/` is garbage. */
const everything = (store: FailingStore): GarbageSource =>
  async function* () {
    for await (const object of store.list('x/')) {
      yield { garbage: { ...object, kind: 'blob', reason: 'nobody needs it' } }
    }
    yield { kept: { kind: 'blob', subject: 'y/', reason: 'is needed' } }
  }

async function storeOf(objects: number): Promise<FailingStore> {
  const store = new FailingStore()
  for (let place = 0; place < objects; place += 1) {
    await store.put(`x/${String(place).padStart(5, '0')}` as ObjectKey, Buffer.from('x'), {
      contentType,
    })
  }
  return store
}

async function planOf(store: FailingStore, id = 'test'): Promise<ObjectKey> {
  const plan = await parkPlan({ store, sources: [everything(store)] }, { id, now, signal })
  return plan.key
}

const sweep = (store: FailingStore, plan: ObjectKey, maxDelete = 10_000) =>
  deleteGarbage({ store, sources: [everything(store)] }, { plan, maxDelete, now, signal })

async function stateLines(store: FailingStore, suffix: string): Promise<string[]> {
  const states: string[] = []
  for (const key of await store.keys()) {
    if (!key.endsWith(suffix)) continue
    const lines = Buffer.from(await store.get(key))
      .toString('utf8')
      .trimEnd()
      .split('\n')
    for (const line of lines) states.push(...(/"state":"([^"]+)"/.exec(line)?.slice(1) ?? []))
  }
  return states
}

describe('deleteGarbage', () => {
  test('deletes in batches, with a line before and one after each deletion', async () => {
    const store = await storeOf(1_203)
    const swept = await sweep(store, await planOf(store))
    assert.deepEqual(swept, {
      planned: 1_203,
      deleted: 1_203,
      deletedBytes: 1_203,
      gone: 0,
      kept: 0,
    })
    assert.deepEqual(
      (await store.keys()).filter((key) => key.startsWith('x/')),
      [],
    )
    for (const [suffix, state] of [
      ['-deleting.ndjson', 'deleting'],
      ['-deleted.ndjson', 'deleted'],
    ] as const) {
      const states = await stateLines(store, suffix)
      assert.equal(states.length, 1_203)
      assert.deepEqual(new Set(states), new Set([state]))
    }
  })

  test('refuses more than it may delete, and deletes nothing', async () => {
    const store = await storeOf(5)
    const plan = await planOf(store)
    for (const most of [4, NaN])
      await assert.rejects(sweep(store, plan, most), { code: 'GARBAGE_LIMIT_EXCEEDED' })
    assert.equal((await store.keys()).length, 6)
  })

  test('leaves what was written since, and what is needed again', async () => {
    const store = await storeOf(4)
    const plan = await planOf(store)
    const [first, second, third] = [...(await store.keys())].filter((key) => key.startsWith('x/'))
    assert.ok(first && second && third)
    await store.put(first, Buffer.from('longer'), { contentType })
    await store.delete([third])
    const again: GarbageSource = async function* (request) {
      for await (const finding of everything(store)(request)) {
        if ('garbage' in finding && finding.garbage.key === second) continue
        yield finding
      }
    }
    const swept = await deleteGarbage(
      { store, sources: [again] },
      { plan, maxDelete: 10, now, signal },
    )
    assert.deepEqual(swept, { planned: 4, deleted: 1, deletedBytes: 1, gone: 1, kept: 2 })
    assert.ok(await store.head(first))
    assert.ok(await store.head(second))
  })

  test('leaves one that was written since, be it as large or as old as the one that was judged', async () => {
    let time = now
    const store = new FailingStore({ clock: () => time })
    const [later, longer] = ['x/later', 'x/longer'] as ObjectKey[]
    assert.ok(later && longer)
    for (const key of [later, longer]) await store.put(key, Buffer.from('x'), { contentType })
    const plan = await planOf(store)
    const looked: GarbageSource = async function* (request) {
      yield* everything(store)(request)
      // Behind the fresh look.
      await store.put(longer, Buffer.from('xx'), { contentType })
      time = new Date(now.getTime() + 1_000)
      await store.put(later, Buffer.from('y'), { contentType })
    }
    const swept = await deleteGarbage(
      { store, sources: [looked] },
      { plan, maxDelete: 10, now, signal },
    )
    assert.deepEqual([swept.deleted, swept.kept], [0, 2])
    for (const key of [later, longer]) assert.ok(await store.head(key))
  })

  test('looks again some time after the plan, so that runs are listed which it has not seen', async () => {
    const store = new FailingStore()
    const key = 'values/default/w/r/a' as ObjectKey
    await store.put(key, Buffer.from('x'), { contentType: 'text/plain' })
    const happened: string[] = []
    const source: GarbageSource = async function* () {
      happened.push('look')
      for await (const object of store.list('values/'))
        yield { garbage: { ...object, kind: 'value', reason: 'gone' } }
    }
    const pause = async (waitMs: number): Promise<void> => {
      happened.push(waitMs > 0 && waitMs <= 60_000 ? 'pause' : `pause of ${waitMs} ms`)
    }
    const ports = { store, sources: [source], settleMs: 60_000, pause }
    const request = { now: new Date(), signal: new AbortController().signal }
    const { key: plan } = await parkPlan(ports, { ...request, id: 'settled' })
    const { deleted } = await deleteGarbage(ports, { ...request, plan, maxDelete: 1 })
    assert.equal(deleted, 1)
    assert.deepEqual(happened, ['look', 'pause', 'look'])
  })

  test('deletes nothing when the fresh look fails', async () => {
    const store = await storeOf(4)
    const plan = await planOf(store)
    store.failListingAfter = 2
    await assert.rejects(sweep(store, plan), { code: 'GARBAGE_UNDECIDED' })
    store.recover()
    assert.equal((await store.keys()).filter((key) => key.startsWith('x/')).length, 4)
  })

  test('says how far it came when deleting fails, and goes on from there', async () => {
    const store = await storeOf(700)
    const plan = await planOf(store)
    store.failDeletingAfter = 520
    await assert.rejects(sweep(store, plan), { code: 'STORE_UNREACHABLE' })
    assert.equal((await store.keys()).filter((key) => key.startsWith('x/')).length, 180)
    const failed = Object.groupBy(await stateLines(store, '-failed.ndjson'), (state) => state)
    assert.deepEqual([failed['deleted']?.length, failed['not deleted']?.length], [20, 180])
    assert.equal((await stateLines(store, '-deleted.ndjson')).length, 500)
    store.recover()
    const swept = await sweep(store, plan)
    assert.deepEqual(swept, { planned: 700, deleted: 700, deletedBytes: 700, gone: 0, kept: 0 })
    assert.equal((await stateLines(store, '-deleted.ndjson')).length, 700)
  })

  test('goes by whole plans only', async () => {
    const store = await storeOf(3)
    const plan = await planOf(store)
    const text = Buffer.from(await store.get(plan)).toString('utf8')
    const lines = text.trimEnd().split('\n')
    for (const left of [lines.slice(0, -1), lines.slice(1)]) {
      await store.put(plan, Buffer.from(left.join('\n')), { contentType })
      await assert.rejects(sweep(store, plan), { code: 'OBJECT_UNREADABLE' })
      assert.equal((await store.keys()).length, 4)
    }
  })

  test('leaves no plan where a source fails, and makes none by a clock that is wrong', async () => {
    const store = await storeOf(3)
    const sources: GarbageSource[] = [
      everything(store),
      async function* (request) {
        yield* everything(store)(request)
        throw new Error('14 UNAVAILABLE')
      },
    ]
    await assert.rejects(parkPlan({ store, sources }, { id: 'broken', now, signal }), (error) => {
      assert.ok(error instanceof PipelineError)
      assert.equal(error.code, 'GARBAGE_UNDECIDED')
      assert.ok(error.retryable)
      return true
    })
    assert.equal((await store.keys()).length, 3)
    const clock = (): Date => new Date(now.getTime() + 2 * 3_600_000)
    const ports = { store, sources: [everything(store)], clock }
    await assert.rejects(parkPlan(ports, { id: 'wrong', now, signal }), {
      code: 'GARBAGE_UNDECIDED',
    })
    store.head = async () => undefined
    await assert.rejects(planOf(store, 'hidden'), {
      code: 'GARBAGE_UNDECIDED',
      message: /does not show the plan/,
    })
  })

  test('aborts uploads in parts by their ids', async () => {
    const store = new FailingStore()
    const aborted: unknown[] = []
    const upload = {
      kind: 'multipart',
      key: 'x/y' as ObjectKey,
      uploadId: 'u1',
      sizeBytes: 0,
    } as const
    const garbage: Garbage = { ...upload, lastModified: now, reason: 'was never completed' }
    const sources: GarbageSource[] = [
      async function* () {
        yield { garbage }
      },
    ]
    const uploads = {
      list: async function* () {},
      abort: async (which: unknown) => void aborted.push(which),
      close() {},
    }
    const { key: plan } = await parkPlan({ store, sources }, { id: 'uploads', now, signal })
    assert.deepEqual(await Array.fromAsync(readParkedPlan(store, plan, signal)), [garbage])
    const swept = await deleteGarbage(
      { store, sources, uploads },
      { plan, maxDelete: 1, now, signal },
    )
    assert.equal(swept.deleted, 1)
    assert.deepEqual(aborted, [{ key: 'x/y', uploadId: 'u1' }])
    const { key: later } = await parkPlan({ store, sources }, { id: 'completed', now, signal })
    const { deleted, gone } = await deleteGarbage(
      { store, sources: [], uploads },
      { plan: later, maxDelete: 1, now, signal },
    )
    assert.deepEqual([deleted, gone, aborted.length], [0, 1, 1], 'somebody has completed it')
  })
})
