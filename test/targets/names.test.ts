import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import type { LoadTarget } from '../../activities/load-target.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import evilNames from '../fixtures/evil_identifiers.json' with { type: 'json' }
import { column } from './support/column.ts'
import { sampleLoad } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

const SYSTEM_COLUMNS = new Set(['xmin', 'ctid'])

/** Names that are too long, alike but for their case, reserved, of system columns, or empty. */
const oddNames = /^"(.*)"$/
  .exec(String(readFileSync('test/fixtures/identifiers.csv', 'utf8').split('\n')[0]).trim())?.[1]
  ?.split('","')
  .map((name) => name.replaceAll('""', '"'))
const allNames = [...evilNames, ...(oddNames ?? []), 'user', 'table', 'é'.repeat(31)]
const possible = [...new Set(allNames)].filter(
  (name) => name !== '' && !name.includes('\0') && Buffer.byteLength(name) <= 63,
)
const impossible = allNames.filter((name) => !possible.includes(name))
const columnNames = possible.filter((name) => !SYSTEM_COLUMNS.has(name) && name !== 'id')

describe('names in SQL', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let target: LoadTarget

  before(async () => {
    database = await createTestDatabase()
    target = createPostgresTarget({ url: database.url })
    await database.query('CREATE TABLE victim (id bigint); INSERT INTO victim VALUES (1)')
    await sampleLoad('first', []).run(target)
  })
  after(async () => {
    await target.close()
    await database.drop()
  })

  /** Everything that a name could make or take away, were it run as SQL. */
  const objects = async () => {
    const rows = await database.query<{ object: string }>(
      `SELECT concat_ws(' ', 'relation', relkind::text, c.oid, nspname, relname) AS object
         FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind <> 't'
            AND relname !~ '^pg_toast'
        UNION ALL SELECT 'schema ' || nspname FROM pg_namespace
        UNION ALL SELECT 'function ' || oid::regprocedure FROM pg_proc
        UNION ALL SELECT 'type ' || oid::regtype FROM pg_type WHERE typrelid = 0 AND typelem = 0
        UNION ALL SELECT concat_ws(' ', 'column', attrelid, attnum, attname, atttypid)
                    FROM pg_attribute WHERE attrelid = 'victim'::regclass`,
    )
    return new Set(rows.map(({ object }) => object))
  }
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

  it('are of any kind, for schemas, tables and columns; nothing of them is run', async () => {
    const schemaOf = (name: string) => (name.startsWith('pg_') ? 'public' : name)
    for (const name of possible) {
      await database.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(schemaOf(name))}`)
    }
    const earlier = await objects()
    for (const name of possible) {
      const schema = schemaOf(name)
      const names = columnNames.includes(name) ? [name] : columnNames
      const columns = [
        column('id', 'bigint', 'key'),
        ...names.map((each) => ({ ...column(each, 'text'), description: `Name ${each}` })),
      ]
      // Made, then evolved and merged into.
      for (const count of [1, columns.length]) {
        const row = [1n, ...names].slice(0, count)
        const load = sampleLoad(name, [[row]], columns.slice(0, count), {
          target: { schema },
          request: { evolve: true, description: name },
        })
        assert.equal((await load.run(target)).kind, 'published')
      }
      const [stored] = await database.query(`SELECT * FROM ${quoted(schema)}.${quoted(name)}`)
      assert.deepEqual(stored, {
        id: '1',
        ...Object.fromEntries(names.map((each) => [each, each])),
      })
    }
    const later = await objects()
    const made = [...later].filter((object) => !earlier.has(object))
    // Each table with the index of its key, and nothing else.
    assert.equal(made.length, 2 * possible.length, made.join('\n'))
    for (const name of possible) {
      assert.ok(made.some((object) => object.endsWith(` ${schemaOf(name)} ${name}`)))
    }
    assert.deepEqual(
      [...earlier].filter((object) => !later.has(object)),
      [],
    )
    assert.deepEqual(await database.query('SELECT * FROM victim'), [{ id: '1' }])
  })

  it('are told apart by case', async () => {
    const columns = [
      column('id', 'bigint', 'key'),
      column('ID', 'bigint', 'key'),
      column('order', 'text'),
      column('Order', 'text'),
    ]
    await sampleLoad('Case', [[[1n, 2n, 'a', 'b']]], columns).run(target)
    assert.deepEqual(await database.query('SELECT * FROM "Case"'), [
      { id: '1', ID: '2', order: 'a', Order: 'b' },
    ])
  })

  it('are refused where PostgreSQL cannot hold them, before anything is made', async () => {
    assert.equal(impossible.length, 6)
    for (const name of [...impossible, ...SYSTEM_COLUMNS, '_position', '\ud800']) {
      const columns = [column('id', 'bigint', 'key'), column(name, 'text')]
      const { request } = sampleLoad('refused', [], columns)
      await assert.rejects(target.check(request), { code: 'TARGET_MISMATCH' }, JSON.stringify(name))
    }
    for (const name of impossible) {
      for (const change of [{ table: name }, { schema: name }]) {
        const { request } = sampleLoad('refused', [], undefined, { target: change })
        await assert.rejects(target.check(request), (error: Error) => {
          const bytes = Buffer.byteLength(name)
          if (bytes > 63) assert.match(error.message, new RegExp(`is ${bytes} bytes long`))
          return true
        })
      }
    }
    assert.deepEqual(await database.query(`SELECT to_regclass('refused') AS made`), [
      { made: null },
    ])
  })

  it('are refused for a column that the load itself writes', async () => {
    const columns = [column('id', 'bigint', 'key'), column('_dataset_id', 'uuid')]
    await sampleLoad('unmarked', [], columns).run(target)
    const { request } = sampleLoad('marked', [], columns, { target: { lineage: true } })
    await assert.rejects(target.check(request), /"_dataset_id" is declared, and the load itself/)
  })
})
