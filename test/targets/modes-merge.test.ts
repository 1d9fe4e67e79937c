import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { column } from './support/column.ts'
import { dayLoad, type ModeBed, type ModeTable, openModeBed } from './support/mode-bed.ts'
import { sampleLoad } from './support/sample-load.ts'

const columns = [column('id', 'integer', 'key'), column('name', 'text'), column('seen', 'integer')]

function table(name: string, settings: Partial<ModeTable['settings']> = {}): ModeTable {
  return { table: name, columns, settings: { mode: 'merge', ...settings } }
}

describe('the mode merge', { timeout: 300_000 }, () => {
  let bed: ModeBed

  before(async () => {
    bed = await openModeBed()
  })
  after(() => bed.close())

  it('lets the greatest value win among rows of one key, NULL least, and the last of equals', async () => {
    const ordered = table('ordered', { orderBy: 'seen' })
    const counts = await bed.load(ordered, [
      [1, 'newest', 9],
      [1, 'later in the file', 3],
      [2, 'NULL counts least', null],
      [2, 'so this wins', -1],
      [3, 'first of equals', 5],
      [3, 'last of equals', 5],
      [4, 'first without', null],
      [4, 'last without', null],
    ])
    assert.deepEqual(counts, { staged: 8, inserted: 4, duplicate: 4 })
    assert.deepEqual(await bed.texts('SELECT id, name FROM ordered ORDER BY id'), [
      ['1', 'newest'],
      ['2', 'so this wins'],
      ['3', 'last of equals'],
      ['4', 'last without'],
    ])
  })

  it('refuses a slice that nobody asked for and whose rows would take the place of later ones', async () => {
    const ofDay = (of: ModeTable, day: number, inOrder: boolean) => {
      const load = dayLoad(of, [[1, `of the ${day}`, day]], day)
      return { ...load, request: { ...load.request, inOrder } }
    }
    const replacing: ModeTable = { table: 'in_turn_whole', columns, settings: { mode: 'replace' } }
    for (const each of [table('in_turn'), replacing]) {
      const early = ofDay(each, 4, true)
      await bed.target.check(early.request)
      await early.stage(bed.target)
      await bed.load(each, [[1, 'of the 5', 5]], 5)
      const places = await bed.places(each.table)
      const code = 'INTERVAL_OUT_OF_ORDER'
      // It was good when it began; and one that begins now fetches nothing.
      await assert.rejects(bed.target.publish(early.request), { code })
      await assert.rejects(bed.target.check(ofDay(each, 3, true).request), { code })
      assert.deepEqual(await bed.places(each.table), places)
      await bed.target.discard(early.request)
      // The same slice, a later one, and what a person wants.
      for (const [day, inOrder] of [
        [5, true],
        [6, true],
        [3, false],
      ] as const) {
        const { request } = ofDay(each, day, inOrder)
        await bed.target.check(request)
        await bed.load(each, [[1, `of the ${day}`, day]], day)
      }
    }
    const ordered = table('in_turn_ordered', { orderBy: 'seen' })
    await bed.load(ordered, [[1, 'of the 5', 5]], 5)
    await bed.target.check(ofDay(ordered, 4, true).request)
  })

  it('keeps rows of the table that have a greater value', async () => {
    const ordered = table('newer', { orderBy: 'seen' })
    await bed.load(ordered, [
      [1, 'a', 5],
      [2, 'a', 5],
      [3, 'a', 5],
      [4, 'a', 5],
      [5, 'a', null],
      [6, 'a', null],
    ])
    const counts = await bed.load(
      ordered,
      [
        [1, 'older', 4],
        [2, 'equal', 5],
        [3, 'newer', 6],
        [4, 'without', null],
        [5, 'with', 1],
        [6, 'neither', null],
      ],
      2,
    )
    assert.deepEqual(counts, { staged: 6, updated: 4, unchanged: 2 })
    const names = (await bed.texts('SELECT name FROM newer ORDER BY id')).flat()
    assert.deepEqual(names, ['a', 'equal', 'newer', 'a', 'with', 'neither'])
  })

  it('orders texts byte by byte, and by a key column too', async () => {
    const byText: ModeTable = {
      table: 'by_text',
      columns: [column('id', 'integer', 'key'), column('version', 'text')],
      settings: { mode: 'merge', orderBy: 'version' },
    }
    // Most languages sort a before B.
    await bed.database.query(
      'CREATE TABLE by_text (id integer PRIMARY KEY, version text COLLATE "en-x-icu")',
    )
    const first = await bed.load(byText, [
      [1, 'a'],
      [1, 'B'],
    ])
    assert.deepEqual(first, { staged: 2, inserted: 1, duplicate: 1 })
    assert.deepEqual(await bed.load(byText, [[1, 'B']]), { staged: 1, unchanged: 1 })
    assert.deepEqual(await bed.texts('SELECT version FROM by_text'), [['a']])
  })

  it('deletes what is missing from a full snapshot', async () => {
    const snapshot = table('snapshot', { onMissing: 'delete' })
    await bed.load(snapshot, [
      [1, 'stays', 1],
      [2, 'goes', 1],
      [3, 'changes', 1],
    ])
    const rows = [
      [1, 'stays', 1],
      [3, 'changed', 1],
      [4, 'comes', 1],
    ]
    assert.deepEqual(await bed.load(snapshot, rows, 2), {
      staged: 3,
      inserted: 1,
      updated: 1,
      unchanged: 1,
      deleted: 1,
    })
    const places = await bed.places('snapshot')
    assert.deepEqual(await bed.load(snapshot, rows, 3), { staged: 3, unchanged: 3 })
    assert.deepEqual(await bed.places('snapshot'), places)
    assert.deepEqual((await bed.texts('SELECT id FROM snapshot ORDER BY id')).flat(), [
      '1',
      '3',
      '4',
    ])
  })

  it('marks what is missing until it comes again, with the time of the first load without it', async () => {
    const marked = table('marked', { onMissing: 'mark' })
    await bed.load(marked, [
      [1, 'a', 1],
      [2, 'a', 1],
    ])
    const state = () => bed.texts(`SELECT id, name, _deleted_at::date FROM marked ORDER BY id`)
    const [one] = [[[1, 'a', 1]]]
    assert.deepEqual(await bed.load(marked, one, 2), { staged: 1, unchanged: 1, deleted: 1 })
    const places = await bed.places('marked')
    assert.deepEqual(await bed.load(marked, one, 5), { staged: 1, unchanged: 1 })
    assert.deepEqual(await bed.places('marked'), places)
    const dates = await bed.texts(
      `SELECT id, to_char(_deleted_at, 'YYYY-MM-DD HH24') FROM marked ORDER BY id`,
    )
    assert.deepEqual(dates, [
      ['1', null],
      ['2', '2026-11-03 00'],
    ])
    const both = [...one, [2, 'a', 1]]
    assert.deepEqual(await bed.load(marked, both, 6), { staged: 2, updated: 1, unchanged: 1 })
    assert.deepEqual(
      (await state()).map((row) => row[2]),
      [null, null],
    )
  })

  it('takes only the mark from a row that is newer than the one that came again', async () => {
    const marked = table('marked_newer', { onMissing: 'mark', orderBy: 'seen', lineage: true })
    await bed.load(marked, [
      [1, 'new', 9],
      [2, 'other', 1],
    ])
    const origin = await bed.texts('SELECT _dataset_id FROM marked_newer WHERE id = 1')
    await bed.load(marked, [[2, 'other', 1]], 2)
    const counts = await bed.load(
      marked,
      [
        [1, 'old', 8],
        [2, 'other', 1],
      ],
      3,
    )
    assert.deepEqual(counts, { staged: 2, updated: 1, unchanged: 1 })
    assert.deepEqual(
      await bed.texts('SELECT name, _deleted_at, _dataset_id FROM marked_newer WHERE id = 1'),
      [['new', null, ...origin.flat()]],
    )
  })

  it('refuses an empty dataset that would take all away, unless that is allowed', async () => {
    for (const onMissing of ['delete', 'mark'] as const) {
      const name = `emptied_${onMissing}`
      const rows = [[1, 'a', 1]]
      await bed.load(table(name, { onMissing }), rows)
      const places = await bed.places(name)
      await assert.rejects(bed.load(table(name, { onMissing }), [], 2), {
        code: 'TARGET_WOULD_BE_EMPTIED',
      })
      assert.deepEqual(await bed.places(name), places)
      assert.deepEqual(await bed.load(table(name, { onMissing, allowEmpty: true }), [], 2), {
        deleted: 1,
      })
      // Nothing is left to take away.
      assert.deepEqual(await bed.load(table(name, { onMissing }), [], 3), {})
    }
  })

  it('tells of each row which part of which dataset it was last written from', async () => {
    const load = (parts: (readonly [number, string, number])[][]) =>
      sampleLoad('origins', parts, columns, { target: { mode: 'merge', lineage: true } })
    const first = load([[[1, 'a', 1]], [[2, 'a', 1]], [[3, 'a', 1]]])
    await bed.run(first)
    const next = load([
      [[1, 'a', 1]],
      [
        [4, 'new', 1],
        [2, 'b', 1],
      ],
    ])
    assert.deepEqual(await bed.run(next), { staged: 3, inserted: 1, updated: 1, unchanged: 1 })
    assert.deepEqual(
      await bed.texts('SELECT id, _dataset_id, _part_number FROM origins ORDER BY id'),
      [
        ['1', first.datasetId, '0'],
        ['2', next.datasetId, '1'],
        ['3', first.datasetId, '2'],
        ['4', next.datasetId, '1'],
      ],
    )
  })

  it('merges into columns that are wider than declared', async () => {
    await bed.database.query(
      'CREATE TABLE wider (id numeric PRIMARY KEY, amount numeric, small bigint, name varchar)',
    )
    const wider: ModeTable = {
      table: 'wider',
      columns: [
        column('id', 'integer', 'key'),
        column('amount', { kind: 'numeric', precision: 8, scale: 2 }),
        column('small', 'smallint'),
        column('name', 'text'),
      ],
      settings: { mode: 'merge', onMissing: 'delete', orderBy: 'small' },
    }
    const rows = [
      [1, '1.50', 7, 'a'],
      [2, null, null, null],
    ]
    assert.deepEqual(await bed.load(wider, rows), { staged: 2, inserted: 2 })
    const places = await bed.places('wider')
    assert.deepEqual(await bed.load(wider, rows), { staged: 2, unchanged: 2 })
    assert.deepEqual(await bed.places('wider'), places)
    // A number without a scale of its own may be written with fewer digits.
    await bed.database.query('UPDATE wider SET amount = 1.5 WHERE id = 1')
    assert.deepEqual(await bed.load(wider, rows), { staged: 2, updated: 1, unchanged: 1 })
    const counts = await bed.load(wider, [
      [2, '0.10', 1, 'b'],
      [3, '1.00', 1, 'c'],
    ])
    assert.deepEqual(counts, { staged: 2, inserted: 1, updated: 1, deleted: 1 })
    assert.deepEqual(await bed.texts('SELECT * FROM wider ORDER BY id'), [
      ['2', '0.10', '1', 'b'],
      ['3', '1.00', '1', 'c'],
    ])
  })

  it('refuses keys that tables which inherit repeat, and loads the others, wherever they stand', async () => {
    const rows = [
      [1, 'new', 7],
      [3, 'new', 7],
      [4, 'new', 7],
    ]
    for (const mode of ['merge', 'replace', 'history'] as const) {
      const validity = mode === 'history' ? ', valid_from timestamptz, valid_to timestamptz' : ''
      const key = mode === 'history' ? 'id, valid_from' : 'id'
      const name = `inherited_${mode}`
      await bed.database.query(`
        CREATE TABLE ${name} (id integer, name text, seen integer${validity});
        CREATE UNIQUE INDEX ON ${name} (${key});
        CREATE TABLE ${name}_child () INHERITS (${name}); CREATE TABLE ${name}_grandchild () INHERITS (${name}_child);
        INSERT INTO ${name} VALUES (1, 'parent', 1), (2, 'parent', 2);
        INSERT INTO ${name}_child VALUES (3, 'child', 3); INSERT INTO ${name}_grandchild VALUES (1, 'new', 7)`)
      const places = await bed.places(name)
      await assert.rejects(bed.load(table(name, { mode }), rows), {
        code: 'TARGET_MISMATCH',
        message: new RegExp(
          `^1 keys of the dataset are those of several rows, since ${name}_child may`,
        ),
      })
      assert.deepEqual(await bed.places(name), places)
      await bed.database.query(
        `UPDATE ${name}_grandchild SET id = 2; DELETE FROM ONLY ${name} WHERE id = 2`,
      )
      const counts = await bed.load(table(name, { mode }), rows)
      const deleted = mode === 'replace' ? { deleted: 1 } : {}
      assert.deepEqual(counts, { staged: 3, inserted: 1, updated: 2, ...deleted })
    }
  })

  it('changes most of many rows as it changes few', async () => {
    const many = table('many', { onMissing: 'mark', lineage: true })
    const rows = (from: number, to: number, name: string) =>
      Array.from({ length: to - from }, (_, index) => [from + index, name, 0])
    await bed.load(many, rows(0, 30_000, 'a'))
    const changed = dayLoad(many, rows(0, 30_000, 'b'), 2)
    assert.deepEqual(await bed.run(changed), { staged: 30_000, updated: 30_000 })
    assert.deepEqual(
      await bed.texts('SELECT name, _dataset_id, _deleted_at, count(*) FROM many GROUP BY 1, 2, 3'),
      [['b', changed.datasetId, null, '30000']],
    )
    const others = [...rows(1, 29_999, 'c'), ...rows(30_000, 30_003, 'c')]
    assert.deepEqual(await bed.load(many, others, 3), {
      staged: 30_001,
      inserted: 3,
      updated: 29_998,
      deleted: 2,
    })
    await bed.database.query(`
      CREATE FUNCTION keep_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
      CREATE TRIGGER t BEFORE UPDATE ON many FOR EACH ROW WHEN (OLD.id = 7) EXECUTE FUNCTION keep_it()`)
    await assert.rejects(bed.load(many, rows(0, 30_003, 'd'), 4), { code: 'ROWS_LOST' })
    assert.deepEqual(
      await bed.texts(
        'SELECT name, _deleted_at IS NULL, count(*) FROM many GROUP BY 1, 2 ORDER BY 2',
      ),
      [
        ['b', 'f', '2'],
        ['c', 't', '30001'],
      ],
    )
  })
})
