import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openHttpProxy } from '../../support/http-proxy.ts'
import { storeUnderTest } from '../../codec/store-under-test.ts'
import type { S3Access } from '../../../activities/source-definition.ts'
import { counts, ids, useParquetBed, type ParquetLoad, type ParquetTarget } from './parquet-bed.ts'

const early = '2026-11-24T02:00:00.000Z'
const late = '2026-11-24T02:00:00.001Z'

describe('a Parquet target that several loads come to', () => {
  const bed = useParquetBed()

  const sums = (prefix: string) =>
    bed.published(prefix, 'SELECT count(*)::VARCHAR, sum(id)::VARCHAR FROM published')
  const filesOf = async (prefix: string, { datasetId }: ParquetLoad) =>
    (await bed.keys(prefix)).filter((key) => key.startsWith(`data/dataset_id=${datasetId}/`))

  test('has one of the loads of a slice that come at once, and none of it mixed', async () => {
    const prefix = bed.newPrefix()
    const loads = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        bed.load(prefix, [ids(index * 100, 7, `L${index}`), ids(index * 100 + 7, 3, `L${index}`)]),
      ),
    )
    await Promise.all(loads.map((load) => load.stage(bed.target)))
    const outcomes = await Promise.all(loads.map((load) => bed.open().publish(load.request)))
    const deleted = outcomes.map(
      (outcome) => outcome.kind === 'published' && outcome.counts.rowsDeleted,
    )
    // Each has replaced the one before it, and one has been the first.
    assert.deepEqual(
      deleted.toSorted((left, right) => Number(left) - Number(right)),
      [0, 10, 10, 10, 10, 10],
    )
    for (const load of loads) assert.equal(await bed.target.isPublished(load.request), true)
    assert.deepEqual(
      await bed.published(prefix, 'SELECT count(*), count(DISTINCT carrier) FROM published'),
      [['10', '1']],
    )
    const folders = new Set((await bed.keys(prefix)).map((key) => /^data\/[^/]+/.exec(key)?.[0]))
    folders.delete(undefined)
    assert.equal(folders.size, 2, 'what is published and what was before')
  })

  test('has at most one of two overlapping slices that come at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const prefix = bed.newPrefix()
      const target = { mode: 'replace-interval' } as const
      const slices = ['2026-11-23', '2026-11'].map((partition) =>
        bed.load(prefix, [ids(0, 5)], { target, partition }),
      )
      const loads = await Promise.all(slices)
      await Promise.all(loads.map((load) => load.stage(bed.target)))
      const ends = await Promise.allSettled(loads.map((load) => bed.target.publish(load.request)))
      for (const end of ends) {
        if (end.status === 'rejected') assert.match(end.reason.code, /TARGET_BUSY|INTERVAL_LOADED/)
      }
      const manifests = (await bed.keys(prefix)).filter((key) => key.startsWith('_manifests/'))
      assert.ok(manifests.length <= 1, manifests.join())
    }
  })

  /** Lets work go on through a proxy, which `onRequest` hears of: method and key beneath the prefix. */
  async function through(
    prefix: string,
    onRequest: (request: string) => Promise<'drop' | void> | 'drop' | undefined,
    work: (target: ParquetTarget, s3: S3Access) => Promise<unknown>,
  ): Promise<void> {
    const { endpoint, credentials } = storeUnderTest()
    const proxy = await openHttpProxy(new URL(endpoint), async ({ method, path }) => {
      const key = path.slice(path.indexOf(prefix) + prefix.length)
      return (await onRequest(`${method} ${key}`)) ?? undefined
    })
    const s3 = { endpoint: proxy.endpoint, accessKeyId: '${KEY}', secretAccessKey: '${SECRET}' }
    const environment = { KEY: credentials?.accessKeyId, SECRET: credentials?.secretAccessKey }
    try {
      await work(bed.open({ environment }), s3)
    } finally {
      await proxy.close()
    }
  }

  test('keeps nothing of a part that is staged while its run is given up', async () => {
    const prefix = bed.newPrefix()
    const load = await bed.load(prefix, [ids(0, 4)])
    let isDiscarded = false
    const discardFirst = async (request: string): Promise<void> => {
      if (isDiscarded || !request.startsWith('PUT /data/')) return
      isDiscarded = true
      await bed.target.discard(load.request)
    }
    await through(prefix, discardFirst, (target, s3) =>
      assert.rejects(load.stage(target, 0, s3), { code: 'TARGET_FAILED' }),
    )
    assert.deepEqual(await bed.keys(prefix), [`_loads/${load.datasetId}.json`])
  })

  test('gives way to a later load that comes in between its look and its switch', async () => {
    const prefix = bed.newPrefix()
    const older = await bed.load(prefix, [ids(0, 10)], { requestedAt: early })
    const newer = await bed.load(prefix, [ids(50, 2)], { requestedAt: late })
    await older.stage(bed.target)
    let isPublished = false
    const publishFirst = async (request: string): Promise<void> => {
      if (isPublished || !request.startsWith('PUT /_manifests/')) return
      isPublished = true
      await newer.run(bed.target)
    }
    await through(prefix, publishFirst, (target, s3) =>
      assert.rejects(
        target.publish({ ...older.request, target: { ...older.request.target, s3 } }),
        { code: 'INTERVAL_OUT_OF_ORDER' },
      ),
    )
    assert.ok(isPublished)
    assert.deepEqual(await sums(prefix), [['2', '101']])
    assert.equal(await bed.target.isPublished(older.request), false)
  })

  test('does not publish again where its answer was lost and others came in between', async () => {
    const prefix = bed.newPrefix()
    const first = await bed.load(prefix, [ids(0, 10)])
    const second = await bed.load(prefix, [ids(50, 2)])
    await first.stage(bed.target)
    let isPublished = false
    // As if the store had done what it did not answer.
    const publishFirst = async (request: string): Promise<void> => {
      if (isPublished || !request.startsWith('PUT /_manifests/')) return
      isPublished = true
      await bed.target.publish(first.request)
      await second.run(bed.target)
    }
    await through(prefix, publishFirst, async (target, s3) => {
      const outcome = await target.publish({
        ...first.request,
        target: { ...first.request.target, s3 },
      })
      assert.deepEqual(outcome, { kind: 'published', counts: counts(10), alreadyPublished: false })
    })
    assert.deepEqual(await sums(prefix), [['2', '101']])
    assert.deepEqual(
      (await bed.keys(prefix)).filter((key) => /^_(staged|publishing)/.test(key)),
      [],
    )
  })

  describe('whose worker dies', () => {
    /** Publishes by a worker that dies at the first request that matches. */
    async function dieAt(prefix: string, load: ParquetLoad, request: RegExp): Promise<void> {
      const death = new AbortController()
      const die = (asked: string): 'drop' | undefined => {
        if (!request.test(asked)) return undefined
        death.abort(new Error('the worker dies'))
        return 'drop'
      }
      await through(prefix, die, (target, s3) =>
        assert.rejects(
          target.publish({
            ...load.request,
            target: { ...load.request.target, s3 },
            signal: death.signal,
          }),
          /the worker dies/,
        ),
      )
    }

    test('before the manifest is there has changed nothing', async () => {
      const prefix = bed.newPrefix()
      const first = await bed.load(prefix, [ids(0, 10)])
      await first.run(bed.target)
      const load = await bed.load(prefix, [ids(20, 3)])
      await load.stage(bed.target)
      await dieAt(prefix, load, /^PUT \/_manifests/)
      assert.equal(await bed.target.isPublished(load.request), false)
      assert.deepEqual(await sums(prefix), [['10', '45']])
      const outcome = await bed.target.publish(load.request)
      assert.deepEqual(outcome, {
        kind: 'published',
        counts: counts(3, 10),
        alreadyPublished: false,
      })
      assert.deepEqual(await sums(prefix), [['3', '63']])
    })

    test('after that has published, which the next load knows too', async () => {
      const prefix = bed.newPrefix()
      const load = await bed.load(prefix, [ids(20, 3)])
      await load.stage(bed.target)
      await dieAt(prefix, load, /^PUT \/_loads/)
      assert.equal(await bed.target.isPublished(load.request), true)
      await bed.target.discard(load.request)
      assert.deepEqual(await sums(prefix), [['3', '63']])
      const next = await bed.load(prefix, [ids(0, 2)])
      await next.run(bed.target)
      assert.equal(await bed.target.isPublished(load.request), true)
      const again = await bed.target.publish(load.request)
      assert.deepEqual(again, { kind: 'published', counts: counts(3), alreadyPublished: true })
      assert.deepEqual(await sums(prefix), [['2', '1']])
    })

    test('after a run that was given up has published all the same is no loss to readers', async () => {
      const prefix = bed.newPrefix()
      const load = await bed.load(prefix, [ids(20, 3)])
      await load.stage(bed.target)
      const death = new AbortController()
      const passLate = async (request: string): Promise<'drop' | undefined> => {
        if (request.startsWith('PUT /_manifests')) await bed.target.discard(load.request)
        if (!request.startsWith('PUT /_loads')) return undefined
        death.abort(new Error('the worker dies'))
        return 'drop'
      }
      await through(prefix, passLate, (target, s3) =>
        assert.rejects(
          target.publish({
            ...load.request,
            target: { ...load.request.target, s3 },
            signal: death.signal,
          }),
          /the worker dies/,
        ),
      )
      assert.equal(await bed.target.isPublished(load.request), true)
      assert.deepEqual(await sums(prefix), [['3', '63']])
      const next = await bed.load(prefix, [ids(0, 2)])
      await next.run(bed.target)
      assert.equal((await filesOf(prefix, load)).length, 1, 'as of any load before the last one')
      assert.equal(await bed.target.isPublished(load.request), true)
      assert.deepEqual(await sums(prefix), [['2', '1']])
    })

    test('and whose run is given up meanwhile leaves what the next load removes', async () => {
      const prefix = bed.newPrefix()
      const load = await bed.load(prefix, [ids(20, 3)])
      await load.stage(bed.target)
      await dieAt(prefix, load, /^PUT \/_manifests/)
      await bed.target.discard(load.request)
      assert.equal((await filesOf(prefix, load)).length, 1, 'the switch may be on its way')
      await assert.rejects(bed.target.publish(load.request), { code: 'TARGET_FAILED' })
      const next = await bed.load(prefix, [ids(0, 2)])
      await next.run(bed.target)
      assert.deepEqual(await filesOf(prefix, load), [])
      assert.equal(await bed.target.isPublished(load.request), false)
      assert.deepEqual(await sums(prefix), [['2', '1']])
    })

    describe('while it publishes a slice that others overlap', () => {
      const never = { switchWithinMs: 60_000, countsForMs: 0 }
      const interval = { mode: 'replace-interval' } as const
      const month = (prefix: string) =>
        bed.load(prefix, [ids(0, 5)], { target: interval, partition: '2026-11' })
      const intents = async (prefix: string) =>
        (await bed.keys(prefix)).filter((key) => key.startsWith('_publishing/'))

      /** A load of one day that was on the way when its worker died, and whose run was terminated. */
      async function terminatedDay(prefix: string, at: RegExp): Promise<ParquetLoad> {
        const day = await bed.load(prefix, [ids(20, 3)], { target: interval })
        await day.stage(bed.target)
        await dieAt(prefix, day, at)
        return day
      }

      test('keeps them out no longer than what it has said counts', async () => {
        const prefix = bed.newPrefix()
        const day = await terminatedDay(prefix, /^PUT \/_manifests/)
        const next = await month(prefix)
        await next.stage(bed.target)
        await assert.rejects(bed.target.publish(next.request), {
          code: 'TARGET_BUSY',
          remedy: /5 minutes/,
        })
        const later = bed.open({ intentTimes: never })
        assert.equal((await later.publish(next.request)).kind, 'published')
        assert.deepEqual(await intents(prefix), [])
        // It was not given up for good: a try that comes late is told what is there.
        await assert.rejects(bed.target.publish(day.request), { code: 'INTERVAL_LOADED' })
        assert.deepEqual(await sums(prefix), [['5', '10']])
      })

      test('is found published where it was', async () => {
        const prefix = bed.newPrefix()
        const day = await terminatedDay(prefix, /^PUT \/_loads/)
        const next = await month(prefix)
        await next.stage(bed.target)
        const later = bed.open({ intentTimes: never })
        await assert.rejects(later.publish(next.request), { code: 'INTERVAL_LOADED' })
        assert.deepEqual(await intents(prefix), [])
        assert.equal(await bed.target.isPublished(day.request), true)
        assert.deepEqual(await sums(prefix), [['3', '63']])
      })

      test('leaves nothing behind where it was given up', async () => {
        const prefix = bed.newPrefix()
        const day = await terminatedDay(prefix, /^PUT \/_manifests/)
        await bed.target.discard(day.request)
        assert.equal((await filesOf(prefix, day)).length, 1, 'the switch may be on its way')
        const next = await month(prefix)
        await next.stage(bed.target)
        await bed.open({ intentTimes: never }).publish(next.request)
        assert.deepEqual(await filesOf(prefix, day), [])
        assert.deepEqual(await intents(prefix), [])
      })

      test('does not switch once others do not reckon with it any more', async () => {
        const prefix = bed.newPrefix()
        const day = await bed.load(prefix, [ids(20, 3)], { target: interval })
        await day.stage(bed.target)
        const slow = bed.open({ intentTimes: { switchWithinMs: 0, countsForMs: 1 } })
        await assert.rejects(slow.publish(day.request), { code: 'TARGET_BUSY', retryable: true })
        assert.deepEqual(await intents(prefix), [])
        assert.equal(await bed.target.isPublished(day.request), false)
      })
    })
  })
})
