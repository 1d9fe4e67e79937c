import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ActivityPorts } from '../../../activities/activity-ports.ts'
import type { LoadTarget } from '../../../activities/load-target.ts'
import type { DatasetId, PipelineDefinition } from '../../../activities/index.ts'
import { batchKey, landingStateKey } from '../../../activities/bucket-layout.ts'
import { putJson } from '../../../activities/json-object.ts'
import { readPinnedRun } from '../../../activities/pinned-run.ts'
import { prepareLoad, type PrepareLoadInput } from '../../../activities/prepare-load.ts'
import type { LandingReference } from '../../../activities/run-reference.ts'
import { MemoryObjectStore } from '../../../codec/index.ts'

const attempt = { signal: new AbortController().signal }
const partition = '2001'

const definition: PipelineDefinition = {
  name: 'prepared',
  source: {
    kind: 'http',
    url: 'http://source.invalid',
    query: { since: '{high_water_mark}' },
    headers: {},
    format: 'json',
    records: [],
    next: { kind: 'none' },
  },
  columns: [{ name: 'id', from: 'id', type: { kind: 'bigint' }, key: true }],
  onReject: { max: 0 },
  target: { kind: 'postgres', schema: 'public', table: 't', mode: 'merge' },
  limits: { batchBytes: 1, pageBytes: 1, batchesInFlight: 1, attempts: 1 },
}

function opened() {
  const bed = { mark: '5', now: () => new Date() }
  const store = new MemoryObjectStore({ clock: () => bed.now() })
  const published = new Set<string>()
  const target: Partial<LoadTarget> = {
    check: async () => {},
    isPublished: async ({ datasetId }) => published.has(datasetId),
    highWaterMark: async () => bed.mark,
  }
  const ports: ActivityPorts = {
    store,
    target: target as LoadTarget,
    pages: undefined as never,
    items: undefined as never,
    duckDb: undefined as never,
    starter: undefined as never,
  }
  const prepare = async (
    id: string,
    change: Partial<PrepareLoadInput> = {},
  ): Promise<LandingReference> => {
    const input: PrepareLoadInput = {
      definition,
      partition,
      interval: { start: '2001-01-01T00:00:00Z', end: '2002-01-01T00:00:00Z' },
      requestedAt: '2001-01-01T00:00:00Z',
      datasetId: id as DatasetId,
      refetch: false,
      ...change,
    }
    return (await prepareLoad(ports, input, attempt)).run.landing
  }
  return { bed, store, published, prepare }
}

describe('the landing of a run', () => {
  test('stays of its stretch of time, also by another clock', async () => {
    const { prepare, store } = opened()
    await prepare('utc')
    const local = { start: '2000-12-31T23:00:00Z', end: '2001-12-31T23:00:00Z' }
    await prepare('again', { fromLandingOf: 'utc' as DatasetId, interval: local })
    const place = { pipeline: definition.name, partition, datasetId: 'again' as DatasetId }
    const { interval } = await readPinnedRun(store, place, attempt)
    assert.deepEqual(interval, { start: '2001-01-01T00:00:00Z', end: '2002-01-01T00:00:00Z' })
  })

  test('is the last one until what was made from it is in the table', async () => {
    const { prepare, published } = opened()
    const { sequence, fetchKey } = await prepare('a')
    assert.equal(sequence, 1)
    assert.deepEqual(await prepare('b'), { sequence: 1, fetchKey })
    // It comes late, and has done it all the same.
    published.add('a')
    assert.deepEqual(await prepare('c'), { sequence: 2, fetchKey })
    assert.deepEqual(await prepare('d', { refetch: true }), { sequence: 3, fetchKey })
  })

  test('is after all that lie there where nothing says which is the newest', async () => {
    const { prepare, store } = opened()
    const { fetchKey } = await prepare('a')
    const place = { pipeline: definition.name, partition, fetchKey }
    const land = async (sequence: number): Promise<void> => {
      const key = batchKey(
        { ...place, datasetId: 'a' as DatasetId, landing: { fetchKey, sequence } },
        { pageNumber: 1, cursorDigest: '0' },
      )
      await putJson(store, key, {})
    }
    for (const sequence of [1, 12, 3]) await land(sequence)
    await store.delete([landingStateKey(place)])
    assert.deepEqual(await prepare('b'), { fetchKey, sequence: 13 })
    assert.deepEqual(await prepare('c'), { fetchKey, sequence: 13 })
    // An attempt that comes late stays with what was pinned.
    await land(13)
    await store.delete([landingStateKey(place)])
    assert.deepEqual(await prepare('c'), { fetchKey, sequence: 13 })
    // What cannot be read is in nobody's way who fetches everything again.
    await putJson(store, landingStateKey(place), { sequence: '14' })
    await land(10_000)
    await assert.rejects(prepare('d'), { code: 'OBJECT_UNREADABLE', message: /cannot be read/ })
    assert.deepEqual(await prepare('d', { refetch: true }), { fetchKey, sequence: 10_001 })
  })

  test('is a new one also where a dataset was made again from the last', async () => {
    const { prepare, published } = opened()
    const landing = await prepare('failed')
    const again = { fromLandingOf: 'failed' as DatasetId }
    assert.deepEqual(await prepare('again', again), landing)
    assert.deepEqual(await prepare('next'), landing)
    published.add('again')
    assert.equal((await prepare('newer')).sequence, 2)
    // What is made of an older landing says nothing of the newest.
    assert.deepEqual(await prepare('once-more', again), landing)
    published.add('once-more')
    assert.equal((await prepare('newest')).sequence, 2)
  })

  test('is a new one also where the last may be about to go by the rule of the pipeline', async () => {
    const hourMs = 3_600_000
    const rules: readonly (readonly [PipelineDefinition['retention'], number])[] = [
      [{ landings: { days: 3 } }, 60],
      [{ unfinished: { days: 2 } }, 36],
      [{ landings: { days: 7 }, unfinished: { days: 2 } }, 36],
      [{ landings: { days: 0 } }, 12],
    ]
    for (const [retention, limitHours] of rules) {
      const { bed, prepare } = opened()
      const change = { definition: { ...definition, retention } }
      const chosenHoursAgo = (hours: number): void => {
        bed.now = () => new Date(Date.now() - hours * hourMs)
      }
      chosenHoursAgo(limitHours - 1)
      await prepare('a', change)
      chosenHoursAgo(limitHours + 1)
      assert.equal((await prepare('b', change)).sequence, 1, `${limitHours} hours`)
      bed.now = () => new Date()
      assert.equal((await prepare('c', change)).sequence, 2, `${limitHours} hours`)
      assert.equal((await prepare('d', change)).sequence, 2)
    }
    const { bed, prepare } = opened()
    for (const retention of [undefined, { datasets: { keep: 1, days: 1 } }]) {
      bed.now = () => new Date(Date.now() - 10_000 * hourMs)
      await prepare('a')
      const landing = await prepare('b', { definition: { ...definition, retention } })
      assert.equal(landing.sequence, 1)
    }
  })

  test('is what the first attempt has pinned, also for one that comes later', async () => {
    const { prepare, store, bed } = opened()
    const change = {
      refetch: true,
      definition: { ...definition, incremental: { column: 'id', initial: '0' } },
    }
    await prepare('earlier', change)
    const landing = await prepare('a', change)
    assert.equal(landing.sequence, 2)
    assert.deepEqual(await prepare('a', change), landing)
    bed.mark = '9'
    assert.deepEqual(await prepare('a', change), landing)
    const place = { pipeline: 'prepared', partition, datasetId: 'a' as DatasetId }
    const pinned = await readPinnedRun(store, place, attempt)
    assert.deepEqual([pinned.highWaterMark, pinned.landing], ['5', landing])
  })

  test('needs a column whose values have an order, where it is to have a mark', async () => {
    const { prepare } = opened()
    const marked = (column: string): Partial<PrepareLoadInput> => ({
      definition: {
        ...definition,
        columns: [
          ...definition.columns,
          { name: 'flag', from: 'flag', type: { kind: 'boolean' }, key: false },
        ],
        incremental: { column, initial: '0' },
      },
    })
    await assert.rejects(prepare('a', marked('flag')), {
      code: 'TRANSFORM_INVALID',
      message: /makes boolean of the column "flag", whose greatest value is the mark/,
    })
    await assert.rejects(prepare('a', marked('gone')), {
      code: 'TRANSFORM_INVALID',
      message: /makes no column "gone"/,
    })
  })
})
