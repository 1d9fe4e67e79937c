import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  datasetPrefix,
  definitionKey,
  manifestKey,
  partKey,
  partPrefix,
} from '../../../activities/bucket-layout.ts'
import type { RetentionDefinition } from '../../../activities/pipeline-definition.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { ObjectKey } from '../../../codec/index.ts'
import { datasetsOf, idOf, now, RetainedStore, type StoredRun } from './retained-store.ts'

const rule: RetentionDefinition = { datasets: { keep: 2, days: 30 }, unfinished: { days: 7 } }
const place = (number: number) => ({
  pipeline: 'flights',
  partition: '2001',
  datasetId: idOf(number),
})

async function stored(runs: readonly StoredRun[]): Promise<RetainedStore> {
  const bed = new RetainedStore()
  for (const run of runs) await bed.put({ rule, ...run })
  return bed
}

describe('datasets', () => {
  test('go when neither count nor age keeps them, all objects of each', async () => {
    const bed = await stored([
      { number: 1, ageDays: 90, loadedAgeDays: 90 },
      { number: 2, ageDays: 60, loadedAgeDays: 60 },
      { number: 3, ageDays: 20, loadedAgeDays: 20 },
      { number: 4, ageDays: 10, loadedAgeDays: 10 },
    ])
    const { garbage } = await bed.plan()
    assert.deepEqual(datasetsOf(garbage), [1, 2])
    assert.equal(garbage.length, 6)
    const [first] = garbage
    assert.ok(first?.key.endsWith('/manifest.json'), 'what says that it is whole goes first')
    assert.equal(
      garbage.find(({ key }) => key.includes(idOf(1)))?.reason,
      'made 90 days ago; kept are the newest 2 of a partition and those of 30 days',
    )
  })

  test('stay without a rule, by a count alone, and by an age alone', async () => {
    const kept = async (change: RetentionDefinition | undefined) => {
      const bed = new RetainedStore()
      for (const number of [1, 2, 3]) {
        await bed.put({ number, ageDays: 40 - number, rule: change, loadedAgeDays: 40 - number })
      }
      return datasetsOf((await bed.plan()).garbage)
    }
    assert.deepEqual(await kept(undefined), [])
    assert.deepEqual(await kept({ landings: { days: 1 } }), [])
    assert.deepEqual(await kept({ datasets: { keep: 3 } }), [])
    assert.deepEqual(await kept({ datasets: { days: 40 } }), [])
    assert.deepEqual(await kept({ datasets: { days: 38 } }), [1, 2])
    assert.deepEqual(await kept({ datasets: { keep: 1 } }), [1, 2])
  })

  test('that were loaded last stay, however old; another one may have been made since', async () => {
    const bed = await stored([
      { number: 1, ageDays: 90, loadedAgeDays: 90 },
      { number: 2, ageDays: 80 },
      { number: 3, ageDays: 70 },
      { number: 4, ageDays: 60 },
      { number: 9, ageDays: 1, partition: '2002' },
    ])
    const { garbage, kept } = await bed.plan()
    assert.deepEqual(datasetsOf(garbage), [2])
    assert.deepEqual(
      kept.map(({ subject, reason }) => [subject, reason]),
      [[datasetPrefix(place(1)), 'it is the one of its partition that was loaded last']],
    )
    const let1 = { ...rule, keepLastGood: false }
    const other = new RetainedStore()
    for (const number of [1, 2, 3]) {
      await other.put({ number, ageDays: 90 - number, rule: let1, loadedAgeDays: 90 })
    }
    assert.deepEqual(datasetsOf((await other.plan()).garbage), [1])
  })

  test('stay where no load is on record and they are the newest sealed', async () => {
    const only = { datasets: { days: 30 } }
    const bed = await stored([
      { number: 1, ageDays: 90, rule: only },
      { number: 2, ageDays: 80, rule: only },
      { number: 3, ageDays: 1, rule: only, partition: '2002' },
    ])
    assert.deepEqual(datasetsOf((await bed.plan()).garbage), [1])
  })

  test('whose parts another one has stay as long as that does', async () => {
    const runs = [
      { number: 1, ageDays: 90 },
      { number: 2, ageDays: 80, loadedAgeDays: 80 },
      { number: 3, ageDays: 10, partsOf: 1, loadedAgeDays: 10 },
      { number: 4, ageDays: 9, loadedAgeDays: 9 },
    ]
    const bed = await stored(runs)
    const { garbage, kept } = await bed.plan()
    assert.deepEqual(datasetsOf(garbage), [2])
    assert.match(kept[0]?.reason ?? '', /has its parts$/)
    const aged = await stored(runs.map((run) => ({ ...run, ageDays: run.ageDays + 40 })))
    await aged.put({ number: 5, ageDays: 8, rule, loadedAgeDays: 8 })
    await aged.put({ number: 6, ageDays: 7, rule, loadedAgeDays: 7 })
    assert.deepEqual(datasetsOf((await aged.plan()).garbage), [1, 2, 3, 4])
  })

  test('that were given up go by their age; so do those of a plan alone', async () => {
    const bed = await stored([
      { number: 1, ageDays: 8, isSealed: false },
      { number: 2, ageDays: 6, isSealed: false },
      { number: 3, ageDays: 8, isPlan: true },
      { number: 4, ageDays: 5, loadedAgeDays: 5 },
    ])
    assert.deepEqual(datasetsOf((await bed.plan()).garbage), [1, 3])
  })

  test('of a transform lose the parts that the manifest does not name', async () => {
    const bed = await stored([{ number: 1, ageDays: 20, loadedAgeDays: 20 }])
    const put = (key: string, body: string | Uint8Array = 'x'): Promise<void> =>
      bed.store.put(key as ObjectKey, Buffer.from(body), { contentType: 'x' })
    const partOf = (transformId: string): string =>
      `${partPrefix({ ...place(1), transformId })}00000.parquet`
    const [named, needless, young] = ['abcdef00', 'abcdef01', 'abcdef02'].map(partOf)
    assert.ok(named && needless && young)
    const text = Buffer.from(await bed.store.get(manifestKey(place(1)))).toString('utf8')
    await put(manifestKey(place(1)), text.replace(partKey(place(1), 0), named))
    for (const key of [named, needless]) await put(key)
    bed.at(6.9)
    await put(young)
    assert.deepEqual(
      (await bed.plan()).garbage.map((garbage) => garbage.key),
      [needless],
      'neither what is named, nor what is young, nor what no transform has made',
    )
  })

  test('go by the rule of the newest run', async () => {
    const bed = new RetainedStore()
    for (const number of [1, 2, 3, 4]) await bed.put({ number, ageDays: 90 - number, rule })
    await bed.put({ number: 5, ageDays: 1, rule: { datasets: { days: 365 } } })
    assert.deepEqual((await bed.plan()).garbage, [])
    await bed.put({ number: 6, ageDays: 0 })
    const { garbage, kept } = await bed.plan()
    assert.deepEqual(garbage, [])
    assert.equal(kept[0]?.reason, 'its newest run has no `retention:`')
  })

  test('of today stay, and landings of today too, however little the rule keeps', async () => {
    const least = { datasets: { keep: 1, days: 0 }, unfinished: { days: 0 }, landings: { days: 0 } }
    const bed = new RetainedStore()
    await bed.put({ number: 1, ageDays: 3, rule: least })
    await bed.put({ number: 2, ageDays: 0.9, rule: least })
    await bed.put({ number: 3, ageDays: 0.9, rule: least, isSealed: false })
    await bed.put({ number: 4, ageDays: 0.8, rule: least, loadedAgeDays: 0.8 })
    await bed.putLanding({ fetchKey: 'f', sequence: 1 }, 0.9)
    await bed.putLanding({ fetchKey: 'f', sequence: 2 }, 0.8)
    const { garbage } = await bed.plan()
    assert.deepEqual(datasetsOf(garbage), [1])
    assert.equal(garbage.length, 3)
  })

  test('go by no rule of a plan, which nobody has begun to load', async () => {
    const bed = await stored([1, 2, 3].map((number) => ({ number, ageDays: 90 - number })))
    await bed.put({ number: 4, ageDays: 1, isPlan: true, rule: { datasets: { keep: 1 } } })
    assert.deepEqual(datasetsOf((await bed.plan()).garbage), [1])
  })

  test('stay where the newest run does not say what is understood', async () => {
    const bed = await stored([1, 2, 3, 4].map((number) => ({ number, ageDays: 90 - number })))
    assert.notDeepEqual((await bed.plan()).garbage, [])
    bed.at(1)
    await bed.store.put(definitionKey(place(5)), Buffer.from('{}'), { contentType: 'x' })
    const { garbage, kept } = await bed.plan()
    assert.deepEqual(garbage, [])
    assert.equal(kept[0]?.reason, 'no run of the pipeline says by what rule it goes')
  })
})

describe('landings', () => {
  const old = { fetchKey: 'f', sequence: 1 }
  const newer = { fetchKey: 'f', sequence: 2 }

  test('go by their own rule, lists before pages; the state that counts them stays', async () => {
    const bed = new RetainedStore()
    const own = { landings: { days: 30 } }
    await bed.put({ number: 1, ageDays: 50, rule: own, landing: old, loadedAgeDays: 50 })
    await bed.putLanding(old, 50)
    await bed.put({ number: 2, ageDays: 20, rule: own, landing: newer, loadedAgeDays: 20 })
    await bed.putLanding(newer, 20)
    assert.deepEqual(
      (await bed.plan()).garbage.map(({ key }) => key),
      ['landing/flights/2001/f/0001/batch-0.json', 'landing/flights/2001/f/0001/page-0.json.zst'],
    )
  })

  test('stay while they are used: chosen by a run, or made into a dataset', async () => {
    const own = { landings: { days: 30 } }
    const chosen = new RetainedStore()
    await chosen.put({ number: 1, ageDays: 90, rule: own, landing: newer })
    await chosen.putLanding(old, 90)
    await chosen.putLanding(newer, 2, { partition: '2002' })
    await chosen.putLanding(newer, 60)
    chosen.at(5)
    const state = 'landing/flights/2001/f/state.json' as ObjectKey
    await chosen.store.put(state, Buffer.from('{}'), { contentType: 'x' })
    const keys = (await chosen.plan()).garbage.map(({ key }) => key)
    assert.deepEqual(
      keys.filter((key) => !key.startsWith('landing/flights/2001/f/0001/')),
      [],
    )
    assert.equal(keys.length, 2)
    await chosen.put({ number: 2, ageDays: 3, rule: own, landing: old })
    assert.deepEqual((await chosen.plan()).garbage, [])
  })

  test('of runs that were given up go when no sealed dataset of them is left', async () => {
    const bed = await stored([
      { number: 1, ageDays: 20, landing: old, loadedAgeDays: 20 },
      { number: 2, ageDays: 20, landing: newer, isSealed: false },
    ])
    await bed.putLanding(old, 20)
    await bed.putLanding(newer, 20)
    await bed.put({ number: 3, ageDays: 1, rule, partition: '2002' })
    const { garbage } = await bed.plan()
    assert.deepEqual(datasetsOf(garbage), [2])
    assert.deepEqual(
      garbage.flatMap(({ kind, key }) => (kind === 'landing' ? key : [])),
      ['landing/flights/2001/f/0002/batch-0.json', 'landing/flights/2001/f/0002/page-0.json.zst'],
    )
  })

  test('go with the last sealed dataset that was made of them', async () => {
    const bed = await stored([
      { number: 1, ageDays: 90, landing: old },
      { number: 2, ageDays: 60, landing: newer },
      { number: 3, ageDays: 50, landing: newer, loadedAgeDays: 50 },
    ])
    await bed.putLanding(old, 90)
    await bed.putLanding(newer, 60)
    const { garbage } = await bed.plan()
    assert.deepEqual(datasetsOf(garbage), [1])
    assert.deepEqual(
      garbage.flatMap(({ kind, key }) => (kind === 'landing' ? key : [])),
      ['landing/flights/2001/f/0001/batch-0.json', 'landing/flights/2001/f/0001/page-0.json.zst'],
    )
  })

  test('of a partition without datasets are found too', async () => {
    const bed = await stored([{ number: 1, ageDays: 1 }])
    await bed.putLanding(old, 30, { partition: '1999' })
    assert.equal((await bed.plan()).garbage.length, 2)
  })
})

describe('what cannot be told', () => {
  const runs = [1, 2, 3, 4].map((number) => ({ number, ageDays: 90, loadedAgeDays: number }))

  test('stops everything: runs, loads or the store that cannot be asked', async () => {
    const bed = await stored(runs)
    assert.notDeepEqual((await bed.plan()).garbage, [])
    const broken = () => Promise.reject(new Error('away'))
    const { store } = bed
    const cut = new Proxy(store, {
      get: (target, name: keyof RetainedStore['store']) =>
        name === 'list'
          ? () => ({ [Symbol.asyncIterator]: () => ({ next: broken }) })
          : target[name],
    })
    for (const change of [
      { runs: { partitionUse: broken } },
      { loads: { findLoads: broken } },
      { store: cut },
    ]) {
      await assert.rejects(
        bed.plan(change),
        (error) => error instanceof PipelineError && error.code === 'GARBAGE_UNDECIDED',
      )
    }
  })

  test('keeps a partition: a run that is open, or ended just now, or an object that is not understood', async () => {
    const bed = await stored(runs)
    bed.open.add('flights/2001')
    const { garbage, kept } = await bed.plan()
    assert.deepEqual(garbage, [])
    assert.equal(kept.at(-1)?.reason, 'the run etl/flights/2001 is open')
    bed.open.clear()
    bed.endedAt = new Date(now.getTime() - 60_000)
    assert.deepEqual((await bed.plan()).garbage, [])
    bed.endedAt = new Date(now.getTime() - 3_600_000)
    assert.notDeepEqual((await bed.plan()).garbage, [])
    await bed.store.put(manifestKey(place(4)), Buffer.from('{}'), { contentType: 'x' })
    const unclear = await bed.plan()
    assert.deepEqual(unclear.garbage, [])
    assert.match(unclear.kept.at(-1)?.reason ?? '', /says nothing that is understood$/)
  })

  test('cannot be told where a listing has left out that a dataset is sealed', async () => {
    const bed = await stored(runs)
    const { store } = bed
    const cut = new Proxy(store, {
      get(target, name: keyof RetainedStore['store']) {
        const member: unknown = target[name]
        if (name === 'list') return withoutManifests
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
    async function* withoutManifests(prefix: string) {
      for await (const object of store.list(prefix))
        if (prefix !== 'datasets/' || !object.key.endsWith('/manifest.json')) yield object
    }
    await assert.rejects(bed.plan({ store: cut }), {
      code: 'GARBAGE_UNDECIDED',
      message: /was listed as not sealed and is/,
    })
  })

  test('is asked of runs behind every other look', async () => {
    const bed = await stored(runs)
    const { runs: real } = bed.ports()
    let isListed = false
    const listing = new Proxy(bed.store, {
      get(target, name: keyof RetainedStore['store']) {
        isListed ||= name === 'list'
        const member: unknown = target[name]
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
    await bed.plan({
      store: listing,
      runs: {
        async partitionUse(request) {
          isListed = false
          return real.partitionUse(request)
        },
      },
    })
    assert.equal(isListed, false)
  })
})
