import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ObjectKey } from '../../../codec/index.ts'
import type { Interval } from '../../../activities/pipeline-definition.ts'
import { column } from '../support/column.ts'
import { counts, ids, useParquetBed, type ParquetLoad } from './parquet-bed.ts'

const early = '2026-11-24T02:00:00.000Z'
const late = '2026-11-24T02:00:00.001Z'

describe('a Parquet target', () => {
  const bed = useParquetBed()

  const sums = (prefix: string) =>
    bed.published(prefix, 'SELECT count(*)::VARCHAR, sum(id)::VARCHAR FROM published')
  const filesOf = async (prefix: string, { datasetId }: ParquetLoad) =>
    (await bed.keys(prefix)).filter((key) => key.startsWith(`data/dataset_id=${datasetId}/`))

  test('shows a load when its manifest is there, whole, and leaves nothing else behind', async () => {
    const prefix = bed.newPrefix()
    const load = await bed.load(prefix, [ids(0, 3000), ids(3000, 10)])
    await bed.target.check(load.request)
    assert.deepEqual(await bed.keys(prefix), [], 'a check leaves nothing')
    await load.stage(bed.target)
    // As a worker that dies here leaves it.
    assert.ok(!(await bed.keys(prefix)).some((key) => key.startsWith('_manifests/')))
    assert.equal(await bed.target.isPublished(load.request), false)
    const next = bed.open()
    await load.stage(next)
    const outcome = await next.publish(load.request)
    assert.deepEqual(outcome, {
      kind: 'published',
      counts: counts(3010),
      alreadyPublished: false,
    })
    assert.deepEqual(await sums(prefix), [['3010', String((3009 * 3010) / 2)]])
    const data = `data/dataset_id=${load.datasetId}`
    assert.deepEqual(await bed.keys(prefix), [
      `_loads/${load.datasetId}.json`,
      '_manifests/current.json',
      `${data}/part-00000.parquet`,
      `${data}/part-00001.parquet`,
    ])
    assert.equal(await next.isPublished(load.request), true)
  })

  test('publishes once, however often it is asked, and does not come back over a later load', async () => {
    const prefix = bed.newPrefix()
    const first = await bed.load(prefix, [ids(0, 10)], { requestedAt: early })
    await first.run(bed.target)
    assert.deepEqual(await bed.target.publish(first.request), {
      kind: 'published',
      counts: counts(10),
      alreadyPublished: true,
    })
    const second = await bed.load(prefix, [ids(100, 5)], { requestedAt: late })
    assert.deepEqual(await second.run(bed.target), {
      kind: 'published',
      counts: counts(5, 10),
      alreadyPublished: false,
    })
    assert.equal((await filesOf(prefix, first)).length, 1, 'readers may still read them')
    await first.stage(bed.target)
    assert.deepEqual(await bed.target.publish(first.request), {
      kind: 'published',
      counts: counts(10),
      alreadyPublished: true,
    })
    assert.equal(await bed.target.isPublished(first.request), true)
    await bed.target.discard(second.request)
    assert.deepEqual(await sums(prefix), [['5', '510']])

    const third = await bed.load(prefix, [ids(7, 1)], { requestedAt: late })
    await third.run(bed.target)
    assert.deepEqual(await filesOf(prefix, first), [])
    assert.equal((await filesOf(prefix, second)).length, 1)
    assert.deepEqual(await sums(prefix), [['1', '7']])
  })

  test('gives way to a load that was requested later', async () => {
    const prefix = bed.newPrefix()
    const older = await bed.load(prefix, [ids(0, 10)], { requestedAt: early })
    await older.stage(bed.target)
    const newer = await bed.load(prefix, [ids(50, 2)], { requestedAt: late })
    await newer.run(bed.target)
    await assert.rejects(bed.target.publish(older.request), { code: 'INTERVAL_OUT_OF_ORDER' })
    assert.equal(await bed.target.isPublished(older.request), false)
    await bed.target.discard({ ...older.request, failureCode: 'INTERVAL_OUT_OF_ORDER' })
    assert.deepEqual(await filesOf(prefix, older), [])
    assert.deepEqual(
      (await bed.keys(prefix)).filter((key) => /^_(staged|publishing)/.test(key)),
      [],
    )
    await assert.rejects(older.stage(bed.target), { code: 'TARGET_FAILED' })
    await assert.rejects(bed.target.publish(older.request), { code: 'TARGET_FAILED' })
    assert.deepEqual(await sums(prefix), [['2', '101']])
  })

  test('keeps what a later slice brought, where nobody asked for just the earlier one', async () => {
    const prefix = bed.newPrefix()
    const slice = (day: number) => ({
      partition: `2001-01-0${day}`,
      interval: { start: `2001-01-0${day}T00:00:00Z`, end: `2001-01-0${day + 1}T00:00:00Z` },
    })
    const first = await bed.load(prefix, [ids(0, 10)], slice(1))
    await first.stage(bed.target)
    await (await bed.load(prefix, [ids(50, 2)], slice(2))).run(bed.target)
    const unasked = { ...first.request, inOrder: true }
    await assert.rejects(bed.target.publish(unasked), { code: 'INTERVAL_OUT_OF_ORDER' })
    assert.deepEqual(await sums(prefix), [['2', '101']])
    await (await bed.load(prefix, [ids(0, 10)], slice(1))).run(bed.target)
    assert.deepEqual(await sums(prefix), [['10', '45']])
  })

  test('asks for parts again that are not there in full', async () => {
    const prefix = bed.newPrefix()
    const load = await bed.load(prefix, [ids(0, 4), ids(4, 4), ids(8, 4)])
    await load.stage(bed.target, 0)
    await load.stage(bed.target, 2)
    const [, cut = ''] = await filesOf(prefix, load)
    await bed.store.put(`${prefix}/${cut}` as ObjectKey, Buffer.from('PAR1'), {
      contentType: 'text/plain',
    })
    assert.deepEqual(await bed.target.publish(load.request), {
      kind: 'staging-incomplete',
      missingParts: [1, 2],
    })
    await load.stage(bed.target)
    assert.equal((await bed.target.publish(load.request)).kind, 'published')
    assert.deepEqual(await sums(prefix), [['12', '66']])
  })

  test('replaces a slice and refuses one that overlaps', async () => {
    const prefix = bed.newPrefix()
    const target = { mode: 'replace-interval' } as const
    const run = async (partition: string, rows: string, requestedAt = early, interval?: Interval) =>
      (await bed.load(prefix, [rows], { target, partition, requestedAt, interval })).run(bed.target)
    await run('2026-11-22', ids(0, 10))
    await run('2026-11-23', ids(10, 10))
    await run('2026-11-22', ids(1000, 2), late)
    assert.deepEqual(await sums(prefix), [['12', String(2001 + 145)]])
    await assert.rejects(run('2026-11', ids(0, 1)), { code: 'INTERVAL_LOADED' })
    await assert.rejects(run('2026-11-23T05', ids(0, 1)), { code: 'INTERVAL_LOADED' })
    await run('2026-12', ids(0, 1))
    // Days of another clock, which have their names.
    const east = { start: '2027-01-01T12:00:00Z', end: '2027-01-02T12:00:00Z' }
    const next = { start: '2027-01-02T12:00:00Z', end: '2027-01-03T12:00:00Z' }
    const later = { start: '2027-01-03T11:59:59Z', end: '2027-01-04T11:59:59Z' }
    await run('2027-01-02', ids(0, 0), early, east)
    await run('2027-01-03', ids(0, 0), early, next)
    await assert.rejects(run('2027-01-04', ids(0, 1), early, later), { code: 'INTERVAL_LOADED' })
    const whole = await bed.load(prefix, [ids(0, 1)])
    await assert.rejects(whole.run(bed.target), { code: 'TARGET_MISMATCH' })
    assert.deepEqual(await sums(prefix), [['13', String(2001 + 145)]])
  })

  test('is not emptied by a dataset without rows, unless that is said', async () => {
    const prefix = bed.newPrefix()
    const first = await bed.load(prefix, [ids(0, 10)])
    await first.run(bed.target)
    for (const parts of [[], [ids(0, 0)]]) {
      const empty = await bed.load(prefix, parts, { requestedAt: late })
      await assert.rejects(empty.run(bed.target), { code: 'TARGET_WOULD_BE_EMPTIED' })
      await bed.target.discard(empty.request)
    }
    assert.deepEqual(await sums(prefix), [['10', '45']])
    const target = { allowEmpty: true }
    const allowed = await bed.load(prefix, [ids(0, 0)], { requestedAt: late, target })
    await allowed.run(bed.target)
    assert.deepEqual(await sums(prefix), [['0', undefined]])
  })

  test('of a schema that has grown is read with the columns of all', async () => {
    const prefix = bed.newPrefix()
    const target = { mode: 'replace-interval' } as const
    const one = await bed.load(prefix, [ids(1, 1)], { target, partition: '2026-11-22' })
    await one.run(bed.target)
    const columns = [column('id', 'bigint', 'key'), column('gate', 'text')]
    const sql = `SELECT 2::BIGINT AS id, 'A1' AS gate`
    const two = await bed.load(prefix, [sql], { target, columns, partition: '2026-11-23' })
    await two.run(bed.target)
    assert.deepEqual(
      await bed.published(prefix, 'SELECT id, carrier, gate FROM published ORDER BY id'),
      [
        ['1', 'DY', undefined],
        ['2', undefined, 'A1'],
      ],
    )
  })
})
