import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { LoadCounts, LoadTarget } from '../../activities/load-target.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { column } from './support/column.ts'
import type { Row } from './support/part-chunk-of.ts'
import { flights, sampleLoad } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

const columns = 'id bigint PRIMARY KEY, carrier text, delay integer'

/** Which statements a load takes depends on the rows and on the table; what comes of it does not. */
describe('the ways into a table', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let target: LoadTarget

  before(async () => {
    database = await createTestDatabase()
    target = createPostgresTarget({ url: database.url })
  })
  after(async () => {
    await target.close()
    await database.drop()
  })

  const load = async (
    table: string,
    ...parts: readonly (readonly Row[])[]
  ): Promise<LoadCounts> => {
    const outcome = await sampleLoad(table, parts).run(target)
    assert.ok(outcome.kind === 'published')
    return outcome.counts
  }
  const rowsOf = (table: string, condition = 'true') =>
    database.query<{ id: string; carrier: string; delay: number }>(
      `SELECT * FROM ${table} WHERE ${condition} ORDER BY id`,
    )
  const counts = (change: Partial<LoadCounts>): LoadCounts => ({
    rowsStaged: 0,
    rowsInserted: 0,
    rowsUpdated: 0,
    rowsUnchanged: 0,
    rowsDuplicate: 0,
    rowsDeleted: 0,
    ...change,
  })

  for (const [name, table, create] of [
    ['a table that is not there', 'new_table', ''],
    ['a table without rows', 'no_rows', `CREATE TABLE no_rows (${columns})`],
    [
      'a table that tells at the end only that a key repeats',
      'late_key',
      `CREATE TABLE late_key (id bigint PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, carrier text, delay integer)`,
    ],
  ] as const) {
    it(`takes the last of several rows of a key into ${name}`, async () => {
      if (create !== '') await database.query(create)
      const repeated: Row[] = [
        [7n, 'LAST', 1],
        [900n, 'LAST', 2],
      ]
      const done = await load(table, flights(1, 1000), repeated)
      assert.deepEqual(done, counts({ rowsStaged: 1002, rowsInserted: 1000, rowsDuplicate: 2 }))
      assert.deepEqual(await rowsOf(table, `carrier = 'LAST'`), [
        { id: '7', carrier: 'LAST', delay: 1 },
        { id: '900', carrier: 'LAST', delay: 2 },
      ])
      const key = await database.query<{ def: string }>(
        `SELECT pg_get_constraintdef(oid) AS def FROM pg_constraint WHERE conrelid = '${table}'::regclass AND contype = 'p'`,
      )
      assert.match(key[0]?.def ?? '', /^PRIMARY KEY \(id\)/)
      assert.equal((await rowsOf(table)).length, 1000)
    })
  }

  it('fills a table in the order of its key’s index, whatever the order of the rows', async () => {
    await database.query(
      `CREATE TABLE sorted (id bigint, carrier text, delay integer, PRIMARY KEY (carrier, id))`,
    )
    const definitions = [
      column('id', 'bigint', 'key'),
      column('carrier', 'text', 'key'),
      column('delay', 'integer'),
    ]
    const rows = (first: number): Row[] =>
      Array.from({ length: 60 }, (_, index) => [
        BigInt(first + ((index * 37) % 60)),
        index % 2 === 0 ? 'SK' : 'DY',
        index,
      ])
    for (const [first, day] of [
      [0, 23],
      [1000, 24],
    ] as const) {
      const parts = [rows(first).slice(0, 25), rows(first).slice(25)]
      const interval = { start: `2026-11-${day}T00:00:00Z`, end: `2026-11-${day + 1}T00:00:00Z` }
      const partition = `2026-11-${day}`
      const change = { target: { mode: 'append' }, request: { interval, partition } } as const
      await sampleLoad('sorted', parts, definitions, change).run(target)
      const places = await database.query(
        `SELECT carrier, id FROM sorted WHERE id >= ${first} ORDER BY ctid`,
      )
      assert.equal(places.length, 60)
      assert.deepEqual(
        places,
        await database.query(
          `SELECT carrier, id FROM sorted WHERE id >= ${first} ORDER BY carrier, id`,
        ),
      )
    }
  })

  it('says that another unique index than the key’s refuses the rows, and leaves the table empty', async () => {
    await database.query(`CREATE TABLE two_keys (${columns}, UNIQUE (delay))`)
    await assert.rejects(load('two_keys', flights(1, 100)), { code: 'TARGET_MISMATCH' })
    assert.deepEqual(await rowsOf('two_keys'), [])
  })

  it('counts rows that are new, others and the same where most are others', async () => {
    await load('most', flights(1, 100, 'OLD'), flights(101, 5))
    const done = await load('most', flights(1, 100, 'NEW'), flights(101, 5), flights(200, 3))
    assert.deepEqual(
      done,
      counts({ rowsStaged: 108, rowsInserted: 3, rowsUpdated: 100, rowsUnchanged: 5 }),
    )
    assert.deepEqual(await rowsOf('most', `carrier = 'OLD'`), [])
    assert.equal((await rowsOf('most')).length, 108)
  })

  it('leaves rows that are newer in the table where most are others', async () => {
    await load('newest', flights(1, 100, 'OLD'), [[500n, 'OLD', 70]])
    const change = { target: { orderBy: 'delay' } }
    const next = sampleLoad(
      'newest',
      [flights(1, 100, 'NEW'), [[500n, 'NEW', 69]]],
      undefined,
      change,
    )
    const outcome = await next.run(target)
    assert.ok(outcome.kind === 'published')
    assert.deepEqual(
      outcome.counts,
      counts({ rowsStaged: 101, rowsUpdated: 100, rowsUnchanged: 1 }),
    )
    assert.deepEqual(await rowsOf('newest', 'id = 500'), [{ id: '500', carrier: 'OLD', delay: 70 }])
  })

  it('writes lineage where most are others', async () => {
    const change = { target: { lineage: true } }
    await sampleLoad('origins', [flights(1, 50, 'OLD')], undefined, change).run(target)
    const next = sampleLoad(
      'origins',
      [flights(1, 25, 'NEW'), flights(26, 30, 'NEW')],
      undefined,
      change,
    )
    await next.run(target)
    assert.deepEqual(
      await database.query(
        `SELECT _dataset_id AS id, _part_number AS part, count(*)::integer AS rows
           FROM origins GROUP BY 1, 2 ORDER BY 2`,
      ),
      [
        { id: next.datasetId, part: 0, rows: 25 },
        { id: next.datasetId, part: 1, rows: 30 },
      ],
    )
  })

  it('lets rows refer to rows that come with them', async () => {
    await database.query(
      `CREATE TABLE referring (${columns}, FOREIGN KEY (delay) REFERENCES referring (id))`,
    )
    const rows = (referred: number, count: number): Row[] =>
      Array.from({ length: count }, (_, index) => [BigInt(index + 1), 'DY', referred])
    await load('referring', rows(1, 50))
    assert.deepEqual(
      await load('referring', rows(51, 51)),
      counts({ rowsStaged: 51, rowsInserted: 1, rowsUpdated: 50 }),
    )
  })

  for (const when of ['INSERT', 'UPDATE']) {
    it(`fails where a trigger drops rows before ${when}, and changes nothing`, async () => {
      const table = `dropped_on_${when.toLowerCase()}`
      await load(table, flights(1, 100, 'OLD'))
      await database.query(
        `CREATE FUNCTION ${table}() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN IF NEW.id IN (50, 105) THEN RETURN NULL; END IF; RETURN NEW; END $$`,
      )
      await database.query(
        `CREATE TRIGGER t BEFORE ${when} ON ${table} FOR EACH ROW EXECUTE FUNCTION ${table}()`,
      )
      await assert.rejects(load(table, flights(1, 110, 'NEW')), { code: 'ROWS_LOST' })
      assert.deepEqual(await rowsOf(table, `carrier <> 'OLD'`), [])
      await database.query(`DELETE FROM ${table}`)
      if (when === 'UPDATE') return
      await assert.rejects(load(table, flights(1, 110, 'NEW')), { code: 'ROWS_LOST' })
      assert.deepEqual(await rowsOf(table), [])
    })
  }
})
