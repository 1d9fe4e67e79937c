import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { LoadTarget, RejectedRecord } from '../../activities/load-target.ts'
import type { ColumnType } from '../../activities/pipeline-definition.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { column } from './support/column.ts'
import type { Row } from './support/part-chunk-of.ts'
import { flights, sampleLoad } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

describe('what a load leaves beside its rows', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let target: LoadTarget

  before(async () => {
    database = await createTestDatabase()
    // Of databases that are very old.
    await database.query(
      `ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET array_nulls = off`,
    )
    target = createPostgresTarget({ url: database.url })
  })
  after(async () => {
    await target.close()
    await database.drop()
  })

  const rejects: readonly RejectedRecord[] = [
    {
      page: 'landing/page-0',
      record: 3,
      line: null,
      reason: 'delay: the value is not of type integer',
      fields: '{"id":"1","text":"a\\u0000b \\ud800"}',
      raw: null,
    },
    {
      page: 'landing/page-1',
      record: 0,
      line: 7,
      reason: 'the record is not an object',
      fields: null,
      raw: 'a\0b "\\N", \\.',
    },
  ]

  async function* once(batch: readonly RejectedRecord[]) {
    yield batch
  }

  it('is every record that was set aside', async () => {
    const load = sampleLoad('rejecting', [flights(1, 3)])
    await target.check(load.request)
    await load.stage(target)
    const request = { ...load.request, recordCount: 6, convertedCount: 4, rejectCount: 2 }
    await assert.rejects(
      target.publish({ ...request, rejects: once(rejects.slice(1)) }),
      /2 records were set aside and 1 read/,
    )
    assert.deepEqual(await database.query('SELECT FROM claimcheck.rejects'), [])
    assert.deepEqual(await database.query(`SELECT to_regclass('rejecting') AS name`), [
      { name: null },
    ])
    await target.publish({ ...request, rejects: once(rejects) })
    const rows = await database.query(
      `SELECT pipeline, partition, page, record::int, line::int, reason, fields::text, raw
         FROM claimcheck.rejects WHERE dataset_id = $1 ORDER BY page`,
      [load.datasetId],
    )
    const run = { pipeline: 'flights', partition: '2026-11-23' }
    assert.deepEqual(rows, [
      { ...run, ...rejects[0] },
      { ...run, ...rejects[1], raw: 'a\u2400b "\\N", \\.' },
    ])
    const [counts] = await database.query(
      `SELECT records_served::int, rows_converted::int, rows_rejected::int, rows_staged::int
         FROM claimcheck.loads WHERE dataset_id = $1`,
      [load.datasetId],
    )
    assert.deepEqual(counts, {
      records_served: 6,
      rows_converted: 4,
      rows_rejected: 2,
      rows_staged: 3,
    })
  })

  it('is how far it came, which never goes back', async () => {
    const marked = async (table: string, type: ColumnType, values: readonly Row[number][]) => {
      const columns = [column('id', 'bigint', 'key'), column('at', type)]
      const rows = values.map((value, index): Row => [BigInt(index), value])
      const load = sampleLoad(table, [rows], columns)
      const request = { ...load.request, markColumn: 'at' }
      await target.check(request)
      const earlier = await target.highWaterMark(request)
      await load.stage(target)
      await target.publish(request)
      return [earlier, await target.highWaterMark(request)]
    }
    const micros = (text: string) => BigInt(Date.parse(text)) * 1000n
    for (const kind of ['timestamptz', 'timestamp'] as const) {
      const zone = kind === 'timestamptz' ? '+00:00' : ''
      const newest = `2026-11-24T01:30:00.000001${zone}`
      const infinity = 2n ** 63n - 1n
      assert.deepEqual(
        await marked(kind, { kind }, [
          micros('2026-11-23T00:00:00Z'),
          micros('2026-11-24T01:30:00Z') + 1n,
          null,
          infinity,
        ]),
        [undefined, newest],
      )
      const older = [micros('2026-11-20T00:00:00Z')]
      assert.deepEqual(await marked(kind, { kind }, older), [newest, newest])
      assert.deepEqual(await marked(kind, { kind }, []), [newest, newest])
    }
    assert.deepEqual(await marked('counted', { kind: 'bigint' }, [9n, 10n, -1n]), [undefined, '10'])
    assert.deepEqual(await marked('counted', { kind: 'bigint' }, [9n]), ['10', '10'])
    assert.deepEqual(await marked('counted', { kind: 'bigint' }, [2n ** 63n - 1n]), [
      '10',
      '9223372036854775807',
    ])
    const numeric = { kind: 'numeric', precision: 38, scale: 2 } as const
    const exact = '999999999999999999999999999999999999.99'
    assert.deepEqual(await marked('exact', numeric, ['9.00', exact]), [undefined, exact])
    assert.deepEqual(await marked('spelled', { kind: 'text' }, ['a', 'Z', 'é"']), [undefined, 'é"'])
  })

  it('is a mark of one column, which that column has to be able to read', async () => {
    const publish = async (table: string, mark: string, type: ColumnType, value: Row[number]) => {
      const columns = [column('id', 'bigint', 'key'), column(mark, type)]
      const load = sampleLoad(table, [[[1n, value]]], columns)
      const request = { ...load.request, markColumn: mark }
      await target.check(request)
      await load.stage(target)
      const publishing = target.publish(request)
      return { request, publishing }
    }
    const first = await publish('typed', 'at', { kind: 'text' }, 'a day ago')
    await first.publishing
    await database.query('DROP TABLE typed')
    const columns = [column('id', 'bigint', 'key'), column('at', 'timestamptz')]
    const refused = {
      code: 'TARGET_MISMATCH',
      message: /^The high-water mark of column "at" is not of its type, timestamptz /,
    }
    await assert.rejects(target.highWaterMark({ ...first.request, columns }), refused)
    // One that has begun before, say.
    const late = await publish('typed', 'at', { kind: 'timestamptz' }, 0n)
    await assert.rejects(late.publishing, refused)
    const other = await publish('typed', 'number', { kind: 'bigint' }, 7n)
    await other.publishing
    assert.equal(await target.highWaterMark(other.request), '7')
    assert.equal(await target.highWaterMark(first.request), 'a day ago')
  })

  it('is as far as the furthest of two loads that are published at once', async () => {
    const columns = [column('id', 'bigint', 'key')]
    const requests = []
    for (const id of [3n, 9n, 5n]) {
      const load = sampleLoad('raced', [[[id]]], columns)
      await target.check(load.request)
      await load.stage(target)
      requests.push({ ...load.request, markColumn: 'id' })
    }
    await Promise.all(requests.map((request) => target.publish(request)))
    const [request] = requests
    assert.equal(request && (await target.highWaterMark(request)), '9')
  })

  it('is no mark when it is not published', async () => {
    const columns = [column('id', 'bigint', 'key')]
    const load = sampleLoad('failing', [[[1n]], [[2n]]], columns)
    const request = { ...load.request, markColumn: 'id' }
    await target.check(request)
    await target.stagePart(load.part(0))
    assert.equal((await target.publish(request)).kind, 'staging-incomplete')
    assert.equal(await target.highWaterMark(request), undefined)
  })
})
