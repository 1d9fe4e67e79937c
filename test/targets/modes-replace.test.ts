import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { PipelineError } from '../../activities/pipeline-error.ts'
import { column } from './support/column.ts'
import { dayLoad, type ModeBed, type ModeTable, openModeBed } from './support/mode-bed.ts'
import type { Row } from './support/part-chunk-of.ts'

const named = [column('name', 'text'), column('amount', 'double'), column('note', 'json')]
const keyed = [column('id', 'integer', 'key'), ...named]

function table(name: string, columns = keyed, more: Partial<ModeTable['settings']> = {}) {
  return { table: name, columns, settings: { mode: 'replace', ...more } } satisfies ModeTable
}

/** One row, NULL beside its first value. */
function only(columns: typeof keyed, first: number): Row {
  return columns.map((_, index) => (index > 0 ? null : columns === keyed ? first : `row ${first}`))
}

describe('the mode replace', { timeout: 300_000 }, () => {
  let bed: ModeBed

  before(async () => {
    bed = await openModeBed()
  })
  after(() => bed.close())

  /** What a plan says that foreign keys may do. */
  async function followersOf(of: ModeTable, rows: readonly Row[]) {
    const load = dayLoad(of, rows)
    await load.stage(bed.target)
    const planned = await bed.target.plan?.(load.request)
    await bed.target.discard(load.request)
    return planned?.kind === 'planned' ? planned.plan.followers : assert.fail('nothing is planned')
  }

  it('leaves the dataset, written where it differs from the table', async () => {
    const replaced = table('replaced')
    const rows = [
      [1, 'stays', 1, '{}'],
      [2, 'goes', 1, null],
      [3, 'changes', 1, null],
    ]
    assert.deepEqual(await bed.load(replaced, rows), { staged: 3, inserted: 3 })
    const places = await bed.places('replaced')
    assert.deepEqual(await bed.load(replaced, rows), { staged: 3, unchanged: 3 })
    assert.deepEqual(await bed.places('replaced'), places)
    const counts = await bed.load(replaced, [
      [1, 'stays', 1, '{}'],
      [3, 'first', 1, null],
      [3, 'changed', -0, null],
      [4, 'comes', null, null],
    ])
    assert.deepEqual(counts, {
      staged: 4,
      inserted: 1,
      updated: 1,
      unchanged: 1,
      duplicate: 1,
      deleted: 1,
    })
    assert.deepEqual(await bed.texts('SELECT id, name FROM replaced ORDER BY id'), [
      ['1', 'stays'],
      ['3', 'changed'],
      ['4', 'comes'],
    ])
  })

  it('has the rows of the dataset afterwards, however they are ordered', async () => {
    const ordered = table('replaced_newer', keyed, { orderBy: 'amount' })
    await bed.load(ordered, [[1, 'new', 9, null]])
    const counts = await bed.load(ordered, [
      [1, 'old', 8, null],
      [1, 'older', 7, null],
    ])
    assert.deepEqual(counts, { staged: 2, updated: 1, duplicate: 1 })
    assert.deepEqual(await bed.texts('SELECT name FROM replaced_newer'), [['old']])
  })

  it('keeps rows that are alike where there is no key', async () => {
    const keyless = table('keyless', named)
    const rows = [
      ['a', 0, '{"a":1}'],
      ['a', 0, '{"a":1}'],
      ['b', NaN, null],
    ]
    assert.deepEqual(await bed.load(keyless, rows), { staged: 3, inserted: 3 })
    const places = await bed.places('keyless')
    assert.deepEqual(await bed.load(keyless, rows.toReversed()), { staged: 3, unchanged: 3 })
    assert.deepEqual(await bed.places('keyless'), places)
    const others: Row[][] = [
      [rows[0] ?? [], rows[2] ?? [], rows[2] ?? []],
      [rows[0] ?? [], rows[0] ?? [], ['b', null, null]],
      [rows[0] ?? [], ['a', -0, '{"a":1}'], ['b', null, null]],
      [rows[0] ?? [], ['a', -0, '{"a": 1}'], ['b', null, null]],
    ]
    for (const other of others) {
      assert.deepEqual(await bed.load(keyless, other), { staged: 3, inserted: 3, deleted: 3 })
    }
    assert.deepEqual(await bed.load(keyless, [['c', 1, null]]), {
      staged: 1,
      inserted: 1,
      deleted: 3,
    })
  })

  it('refuses an empty dataset that would take all away, unless that is allowed', async () => {
    for (const columns of [named, keyed]) {
      const name = `emptied_${columns.length}`
      await bed.load(table(name, columns), [], 1)
      await bed.load(table(name, columns), [only(columns, 1)])
      const places = await bed.places(name)
      await assert.rejects(bed.load(table(name, columns), []), { code: 'TARGET_WOULD_BE_EMPTIED' })
      assert.deepEqual(await bed.places(name), places)
      const allowed = table(name, columns, { allowEmpty: true })
      assert.deepEqual(await bed.load(allowed, []), { deleted: 1 })
      assert.deepEqual(await bed.load(table(name, columns), []), {})
    }
  })

  it('keeps all that depends on the table', async () => {
    await bed.database.query(`
      CREATE ROLE reader_of_${process.pid};
      CREATE TABLE kept (id integer PRIMARY KEY, name text, amount double precision, note json,
        made timestamptz NOT NULL DEFAULT now(), number bigint GENERATED ALWAYS AS IDENTITY,
        twice double precision GENERATED ALWAYS AS (amount * 2) STORED);
      CREATE INDEX kept_by_name ON kept (name);
      CREATE VIEW kept_names AS SELECT name FROM kept;
      GRANT SELECT ON kept TO reader_of_${process.pid};
      CREATE TABLE refers (id integer REFERENCES kept);
      CREATE PUBLICATION kept_rows FOR TABLE kept;
      CREATE TABLE seen (what text);
      CREATE FUNCTION note_it() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN INSERT INTO seen VALUES (TG_OP); RETURN NULL; END';
      CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON kept FOR EACH ROW EXECUTE FUNCTION note_it()`)
    try {
      const kept = table('kept')
      const facts = () =>
        bed.texts(`SELECT oid, relfilenode, relacl, reltoastrelid,
          (SELECT count(*) FROM pg_constraint WHERE conrelid = c.oid OR confrelid = c.oid),
          (SELECT count(*) FROM pg_index WHERE indrelid = c.oid),
          (SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid),
          (SELECT count(*) FROM pg_publication_rel WHERE prrelid = c.oid)
          FROM pg_class c WHERE oid = 'kept'::regclass`)
      const before_ = await facts()
      await bed.load(kept, [
        [1, 'a', 1, null],
        [2, 'b', 1, null],
        [3, 'c', 1, null],
      ])
      await bed.database.query('INSERT INTO refers VALUES (1)')
      await bed.load(kept, [
        [1, 'a', 2, null],
        [3, 'c', 1, null],
        [4, 'd', 1.5, null],
      ])
      assert.deepEqual(await facts(), before_)
      assert.deepEqual(await bed.texts('SELECT name FROM kept_names ORDER BY 1'), [
        ['a'],
        ['c'],
        ['d'],
      ])
      assert.deepEqual(
        await bed.texts('SELECT id, number, twice, made IS NOT NULL FROM kept ORDER BY id'),
        [
          ['1', '1', '4', 't'],
          ['3', '3', '2', 't'],
          ['4', '4', '3', 't'],
        ],
      )
      assert.deepEqual(await bed.texts('SELECT what, count(*) FROM seen GROUP BY 1 ORDER BY 1'), [
        ['DELETE', '1'],
        ['INSERT', '4'],
        ['UPDATE', '1'],
      ])
    } finally {
      await bed.database.query(
        `REVOKE ALL ON kept FROM reader_of_${process.pid}; DROP ROLE reader_of_${process.pid}`,
      )
    }
  })

  it('changes nothing where a row that goes is referred to, and says so', async () => {
    for (const columns of [keyed, named]) {
      const name = `referred_${columns.length}`
      await bed.load(table(name, columns), [only(columns, 1)])
      await bed.database.query(`CREATE UNIQUE INDEX ON ${name} (${columns[0]?.name});
        CREATE TABLE ${name}_from (x ${columns === keyed ? 'integer' : 'text'} REFERENCES ${name} (${columns[0]?.name}));
        INSERT INTO ${name}_from SELECT ${columns[0]?.name} FROM ${name}`)
      const places = await bed.places(name)
      const others = [only(columns, 2)]
      await assert.rejects(bed.load(table(name, columns), others), (error: unknown) => {
        assert.ok(error instanceof PipelineError)
        assert.equal(error.code, 'TARGET_MISMATCH')
        assert.match(error.message, /foreign key would refer to rows that are not there/)
        assert.equal(error.at['table'], `${name}_from`)
        return true
      })
      assert.deepEqual(await bed.places(name), places)
      // The same row in another version is the one that is referred to.
      const again = only(columns, 1).with(columns.length - 2, 7)
      await bed.load(table(name, columns), [again])
    }
  })

  it('changes nothing where rows of the dataset would go with rows that it takes away', async () => {
    for (const action of ['CASCADE', 'SET NULL']) {
      const name = `bosses_${action.slice(0, 1).toLowerCase()}`
      await bed.database.query(`CREATE TABLE ${name} (
        id integer PRIMARY KEY, boss integer REFERENCES ${name} ON DELETE ${action}, note text)`)
      const bosses: ModeTable = {
        table: name,
        columns: [
          column('id', 'integer', 'key'),
          column('boss', 'integer'),
          column('note', 'text'),
        ],
        settings: { mode: 'replace' },
      }
      await bed.load(bosses, [
        [1, null, 'a'],
        [2, 1, 'a'],
        [3, 1, 'a'],
        [4, null, 'a'],
      ])
      const places = await bed.places(name)
      const without: Row[] = [
        [2, 1, 'a'],
        [3, 4, 'a'],
        [4, null, 'b'],
      ]
      const foreseen = `constraint ${name}_boss_fkey on table ${name} would delete or change what refers to the rows that go`
      assert.deepEqual(await followersOf(bosses, without), [foreseen])
      assert.deepEqual(await followersOf(bosses, [[1, null, 'z'], ...without]), undefined)
      await assert.rejects(bed.load(bosses, without), {
        code: 'TARGET_MISMATCH',
        retryable: false,
        message: /^1 rows would not be as the dataset has them: a foreign key/,
      })
      assert.deepEqual(await bed.places(name), places)
      const others = without.with(0, [2, 4, 'a'])
      assert.deepEqual(await bed.load(bosses, others), { staged: 3, updated: 3, deleted: 1 })
      assert.deepEqual(await bed.texts(`SELECT * FROM ${name} ORDER BY id`), [
        ['2', '4', 'a'],
        ['3', '4', 'a'],
        ['4', null, 'b'],
      ])
    }
  })

  it('changes nothing where rows of the dataset would change with what they refer to', async () => {
    await bed.database.query(`CREATE TABLE coded (
      id integer PRIMARY KEY, code text UNIQUE, part_of text REFERENCES coded (code) ON UPDATE CASCADE)`)
    const coded: ModeTable = {
      table: 'coded',
      columns: [column('id', 'integer', 'key'), column('code', 'text'), column('part_of', 'text')],
      settings: { mode: 'merge' },
    }
    await bed.load(coded, [
      [1, 'x', null],
      [2, 'b', 'x'],
    ])
    const places = await bed.places('coded')
    // Another row has the code by then.
    const moved: Row[] = [
      [1, 'y', null],
      [2, 'b', 'x'],
      [3, 'x', null],
    ]
    const foreseen = 'foreign keys would change what refers to values of "code" that change'
    assert.deepEqual(await followersOf(coded, moved), [foreseen])
    assert.deepEqual(await followersOf(coded, moved.slice(1)), undefined)
    await assert.rejects(bed.load(coded, moved), {
      code: 'TARGET_MISMATCH',
      message: /^1 rows would not be as the dataset has them: a foreign key/,
    })
    assert.deepEqual(await bed.places('coded'), places)
    const renamed = moved.with(1, [2, 'b', 'y'])
    assert.deepEqual(await bed.load(coded, renamed), { staged: 3, inserted: 1, updated: 2 })
    assert.deepEqual(await bed.texts('SELECT * FROM coded ORDER BY id'), [
      ['1', 'y', null],
      ['2', 'b', 'y'],
      ['3', 'x', null],
    ])
  })

  it('asks for a key where a foreign key would follow the rows that are written anew', async () => {
    await bed.database.query(`CREATE TABLE orders (name text UNIQUE, amount float8, note json);
      CREATE TABLE items (name text REFERENCES orders (name) ON DELETE CASCADE)`)
    await bed.load(table('orders', named, { mode: 'append' }), [only(named, 1)])
    await bed.database.query('INSERT INTO items SELECT name FROM orders')
    await assert.rejects(bed.load(table('orders', named), [only(named, 1), only(named, 2)]), {
      code: 'TARGET_MISMATCH',
      message:
        /without a key all rows are written anew, and constraint items_name_fkey on table items/,
    })
    const withKey = named.map((each) => ({ ...each, key: each.name === 'name' }))
    await bed.load(table('orders', withKey), [only(named, 1), only(named, 2)])
    assert.deepEqual(await bed.texts('SELECT name FROM items'), [['row 1']])
  })

  it('replaces rows that refer to each other, and values of other unique columns', async () => {
    await bed.database.query(`CREATE TABLE people (
      id integer PRIMARY KEY, boss integer REFERENCES people, email text UNIQUE)`)
    const people: ModeTable = {
      table: 'people',
      columns: [column('id', 'integer', 'key'), column('boss', 'integer'), column('email', 'text')],
      settings: { mode: 'replace' },
    }
    await bed.load(people, [
      [1, null, 'one'],
      [2, 1, 'two'],
      [3, 1, 'three'],
    ])
    const counts = await bed.load(people, [
      [2, 4, 'two'],
      [3, 2, 'changed'],
      [4, null, 'one'],
      [5, 4, 'three'],
    ])
    assert.deepEqual(counts, { staged: 4, inserted: 2, updated: 2, deleted: 1 })
  })

  it('shows readers the whole old state or the whole new one, and never keeps them waiting', async () => {
    for (const columns of [keyed, named]) {
      const name = `read_${columns.length}`
      const rows = (value: string) =>
        Array.from({ length: 50 }, (_, id) => [...(columns === keyed ? [id] : []), value, 0, null])
      await bed.load(table(name, columns), rows('old'))
      const reader = await bed.database.connect()
      await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
      const count = () => reader.query(`SELECT name, count(*)::int FROM ${name} GROUP BY 1`)
      assert.deepEqual((await count()).rows, [{ name: 'old', count: 50 }])
      await bed.load(table(name, columns), rows('new').slice(10))
      assert.deepEqual((await count()).rows, [{ name: 'old', count: 50 }])
      await reader.query('COMMIT')
      assert.deepEqual((await count()).rows, [{ name: 'new', count: 40 }])
    }
  })

  it('loads a partitioned table, and moves rows between its partitions', async () => {
    await bed.database.query(`
      CREATE TABLE parted (id integer, region text, amount double precision, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
      CREATE TABLE parted_north PARTITION OF parted FOR VALUES IN ('north');
      CREATE TABLE parted_south PARTITION OF parted FOR VALUES IN ('south');
      CREATE TABLE moved (id integer, amount double precision) PARTITION BY RANGE (amount);
      CREATE TABLE moved_low PARTITION OF moved FOR VALUES FROM (0) TO (10);
      CREATE TABLE moved_high PARTITION OF moved FOR VALUES FROM (10) TO (20)`)
    const parted: ModeTable = {
      table: 'parted',
      columns: [
        column('id', 'integer', 'key'),
        column('region', 'text', 'key'),
        column('amount', 'double'),
      ],
      settings: { mode: 'replace' },
    }
    const rows = Array.from({ length: 20 }, (_, id) => [id, id % 2 === 0 ? 'north' : 'south', 0])
    await bed.load(parted, rows)
    // Each of these has a row in the same place of the other partition.
    const changed = rows.map(([id, region], index) => [
      id ?? 0,
      region ?? '',
      [0, 3].includes(index) ? 1 : 0,
    ])
    assert.deepEqual(await bed.load(parted, changed.slice(0, 18)), {
      staged: 18,
      updated: 2,
      unchanged: 16,
      deleted: 2,
    })
    assert.deepEqual(await bed.texts('SELECT id FROM parted WHERE amount = 1 ORDER BY 1'), [
      ['0'],
      ['3'],
    ])
    const moved = table('moved', [column('id', 'integer'), column('amount', 'double')])
    await bed.load(moved, [[1, 5]])
    assert.deepEqual(await bed.load(moved, [[1, 15]]), { staged: 1, inserted: 1, deleted: 1 })
    assert.deepEqual(await bed.texts('SELECT * FROM moved_high'), [['1', '15']])
  })

  it('says so, and changes nothing, when a trigger of the table keeps rows', async () => {
    for (const columns of [keyed, named]) {
      const name = `keeping_${columns.length}`
      await bed.load(table(name, columns), [only(columns, 1)])
      await bed.database.query(`
        CREATE OR REPLACE FUNCTION keep_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER t BEFORE DELETE ON ${name} FOR EACH ROW EXECUTE FUNCTION keep_it()`)
      const places = await bed.places(name)
      const others = [only(columns, 2)]
      await assert.rejects(bed.load(table(name, columns), others), { code: 'ROWS_LOST' })
      assert.deepEqual(await bed.places(name), places)
    }
  })
})
