import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { column } from './support/column.ts'
import type { Row } from './support/part-chunk-of.ts'
import { dayLoad, type ModeBed, type ModeTable, openModeBed, slice } from './support/mode-bed.ts'
import { sampleLoad } from './support/sample-load.ts'

const columns = [column('id', 'integer', 'key'), column('name', 'text'), column('seen', 'integer')]

function table(name: string, more: Partial<ModeTable['settings']> = {}): ModeTable {
  return { table: name, columns, settings: { mode: 'history', ...more } }
}

describe('the mode history', { timeout: 300_000 }, () => {
  let bed: ModeBed

  before(async () => {
    bed = await openModeBed()
  })
  after(() => bed.close())

  /** Versions as `id name from..to`, by days of the month. */
  const versions = async (name: string) => {
    const rows = await bed.texts(
      `SELECT concat_ws(' ', id, coalesce(name, 'NULL'), extract(day FROM valid_from) || '..' || coalesce(extract(day FROM valid_to)::text, ''))
         FROM ${name} ORDER BY id, valid_from`,
    )
    return rows.flat()
  }

  it('keeps every version, valid from the end of its slice until another one is', async () => {
    const told = table('told')
    assert.deepEqual(
      await bed.load(
        told,
        [
          [1, 'a', 1],
          [2, 'a', 1],
          [3, null, 1],
        ],
        1,
      ),
      { staged: 3, inserted: 3 },
    )
    const next = [
      [1, 'a', 1],
      [2, 'b', 1],
      [2, 'c', 1],
      [4, 'new', 1],
    ]
    assert.deepEqual(await bed.load(told, next, 2), {
      staged: 4,
      inserted: 1,
      updated: 1,
      unchanged: 1,
      duplicate: 1,
    })
    await bed.load(told, [[2, 'd', 1]], 5)
    assert.deepEqual(await versions('told'), [
      '1 a 2..',
      '2 a 2..3',
      '2 c 3..6',
      '2 d 6..',
      '3 NULL 2..',
      '4 new 3..',
    ])
    const [key] = await bed.texts(
      `SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'told'::regclass AND contype = 'p'`,
    )
    assert.deepEqual(key, ['PRIMARY KEY (id, valid_from)'])
    const nulls = await bed.texts(
      `SELECT attname FROM pg_attribute WHERE attrelid = 'told'::regclass AND attnum > 0 AND NOT attnotnull ORDER BY 1`,
    )
    assert.deepEqual(nulls.flat(), ['name', 'seen', 'valid_to'])
  })

  it('begins versions that are valid still, whatever the column has by default', async () => {
    await bed.database
      .query(`CREATE TABLE endless (id integer, name text, seen integer, valid_from timestamptz,
      valid_to timestamptz DEFAULT 'infinity', PRIMARY KEY (id, valid_from))`)
    await bed.load(table('endless'), [[1, 'a', 1]], 1)
    await bed.load(table('endless'), [[1, 'b', 1]], 2)
    assert.deepEqual(await versions('endless'), ['1 a 2..3', '1 b 3..'])
  })

  it('writes nothing where nothing differs, in a later slice and in the same one', async () => {
    const same = table('same', { onMissing: 'delete' })
    const first = [
      [1, 'a', 1],
      [2, null, null],
    ]
    await bed.load(same, first, 1)
    const second = [
      [1, 'b', 1],
      [2, null, null],
    ]
    await bed.load(same, second, 2)
    const places = await bed.places('same')
    for (const day of [2, 3, 3]) {
      assert.deepEqual(await bed.load(same, second, day), { staged: 2, unchanged: 2 })
    }
    assert.deepEqual(await bed.places('same'), places)
  })

  it('ends the validity of what is missing from a full snapshot, and begins anew', async () => {
    const snapshot = table('snapshot', { onMissing: 'delete' })
    const both = [
      [1, 'a', 1],
      [2, 'a', 1],
    ]
    await bed.load(snapshot, both, 1)
    assert.deepEqual(await bed.load(snapshot, [[1, 'a', 1]], 2), {
      staged: 1,
      unchanged: 1,
      deleted: 1,
    })
    assert.deepEqual(await bed.load(snapshot, [[1, 'a', 1]], 3), { staged: 1, unchanged: 1 })
    assert.deepEqual(await bed.load(snapshot, both, 4), { staged: 2, inserted: 1, unchanged: 1 })
    assert.deepEqual(await versions('snapshot'), ['1 a 2..', '2 a 2..3', '2 a 5..'])
  })

  it('leaves what is missing where the dataset is no snapshot', async () => {
    const told = table('partial')
    await bed.load(told, [[1, 'a', 1]], 1)
    assert.deepEqual(await bed.load(told, [], 2), {})
    assert.deepEqual(await bed.load(told, [[2, 'a', 1]], 3), { staged: 1, inserted: 1 })
    assert.deepEqual(await versions('partial'), ['1 a 2..', '2 a 4..'])
  })

  it('does not let an older row end the validity of a newer one', async () => {
    const ordered = table('ordered', { orderBy: 'seen' })
    await bed.load(ordered, [[1, 'new', 5]], 1)
    const older = [
      [1, 'older', 4],
      [1, 'oldest', 3],
    ]
    assert.deepEqual(await bed.load(ordered, older, 2), { staged: 2, unchanged: 1, duplicate: 1 })
    assert.deepEqual(await bed.load(ordered, [[1, 'newer', 6]], 3), { staged: 1, updated: 1 })
    assert.deepEqual(await versions('ordered'), ['1 new 2..4', '1 newer 4..'])
  })

  it('has, after a slice is loaded again, what its first load would have left', async () => {
    for (const onMissing of ['keep', 'delete'] as const) {
      const before_ = [
        ['same', 'a'],
        ['changes', 'a'],
        ['goes', 'a'],
        ['comes back', 'a'],
      ]
      const datasets = [
        [],
        [['same', 'a']],
        [
          ['changes', 'b'],
          ['new', 'a'],
        ],
        [
          ['same', 'b'],
          ['changes', 'a'],
          ['goes', 'a'],
          ['new', 'b'],
        ],
        [
          ['same', 'a'],
          ['changes', 'c'],
          ['goes', 'a'],
          ['comes back', 'a'],
          ['newer', 'a'],
        ],
      ]
      const history: Omit<ModeTable, 'table'> = {
        columns: [column('id', 'text', 'key'), column('name', 'text')],
        settings: { mode: 'history', onMissing },
      }
      // Every one after every other, side by side: each pair has keys of its own.
      const pairs = datasets.flatMap((first) => datasets.map((later) => ({ first, later })))
      const rowsOf = (dataset: (pair: (typeof pairs)[number]) => readonly string[][]) =>
        pairs.flatMap((pair, index) =>
          dataset(pair).map(([id, name]) => [`${index} ${id}`, name ?? null]),
        )
      const load = async (name: string, ...ofDay3: Row[][]) => {
        const days = [rowsOf(() => before_), rowsOf(() => before_.slice(0, 3)), ...ofDay3]
        for (const [index, rows] of days.entries()) {
          await bed.load({ ...history, table: name }, rows, Math.min(index + 1, 3))
        }
        return versions(name)
      }
      const [first, later] = [rowsOf((pair) => pair.first), rowsOf((pair) => pair.later)]
      const wanted = await load(`wanted_${onMissing}`, later)
      assert.deepEqual(await load(`again_${onMissing}`, first, later), wanted)
    }
  })

  it('counts what a slice that is loaded again has changed', async () => {
    const again = table('again', { onMissing: 'delete' })
    await bed.load(
      again,
      [
        [1, 'a', 1],
        [2, 'a', 1],
        [3, 'a', 1],
        [4, 'a', 1],
      ],
      1,
    )
    await bed.load(
      again,
      [
        [1, 'b', 1],
        [2, 'b', 1],
        [3, 'a', 1],
        [5, 'b', 1],
        [6, 'b', 1],
      ],
      2,
    )
    const counts = await bed.load(
      again,
      [
        [1, 'a', 1],
        [2, 'c', 1],
        [3, 'a', 1],
        [4, 'a', 1],
        [5, 'b', 1],
        [7, 'c', 1],
      ],
      2,
    )
    // 1 and 2 have another version, 4 is valid again, 7 is new; 6 is no longer there.
    assert.deepEqual(counts, { staged: 6, inserted: 2, updated: 2, unchanged: 2, deleted: 1 })
    assert.deepEqual(await versions('again'), [
      '1 a 2..',
      '2 a 2..3',
      '2 c 3..',
      '3 a 2..',
      '4 a 2..',
      '5 b 3..',
      '7 c 3..',
    ])
  })

  it('adds to a slice what is loaded by its mark, and takes nothing back', async () => {
    const load = (rows: Row[], day: number) => {
      const request = { ...slice(day), markColumn: 'seen' }
      const target = { mode: 'history', orderBy: 'seen' } as const
      return bed.run(sampleLoad('marked', [rows], columns, { target, request }))
    }
    await load([[1, 'a', 1]], 1)
    const first = [
      [1, 'b', 2],
      [2, 'b', 2],
      [3, 'b', 4],
    ]
    await load(first, 2)
    const second = [
      [2, 'c', 3],
      [3, 'older', 3],
      [4, 'c', 3],
    ]
    assert.deepEqual(await load(second, 2), {
      staged: 3,
      inserted: 1,
      updated: 1,
      unchanged: 1,
    })
    assert.deepEqual(await versions('marked'), [
      '1 a 2..3',
      '1 b 3..',
      '2 c 3..',
      '3 b 3..',
      '4 c 3..',
    ])
  })

  it('refuses a slice that comes before one that is there, before anything is fetched too', async () => {
    const ordered = table('in_order')
    await bed.load(ordered, [[1, 'a', 1]], 5)
    const places = await bed.places('in_order')
    const earlier = dayLoad(ordered, [[1, 'b', 1]], 4)
    await assert.rejects(bed.target.check(earlier.request), { code: 'INTERVAL_OUT_OF_ORDER' })
    await earlier.stage(bed.target)
    await assert.rejects(bed.target.publish(earlier.request), { code: 'INTERVAL_OUT_OF_ORDER' })
    // What the catalog does not know, the table tells.
    await bed.database.query(`DELETE FROM claimcheck.loads WHERE target = 'public.in_order'`)
    await assert.rejects(bed.load(ordered, [[1, 'b', 1]], 4), { code: 'INTERVAL_OUT_OF_ORDER' })
    await bed.database.query(
      `UPDATE in_order SET valid_from = '2026-11-01', valid_to = '2026-11-09'`,
    )
    await assert.rejects(bed.load(ordered, [[1, 'b', 1]], 7), { code: 'INTERVAL_OUT_OF_ORDER' })
    assert.equal(places.length, 1)
    await bed.database.query('DELETE FROM in_order')
    assert.deepEqual(await bed.load(ordered, [[1, 'b', 1]], 4), { staged: 1, inserted: 1 })
  })

  it('refuses an empty snapshot that would end all, unless that is allowed', async () => {
    await bed.load(table('ended', { onMissing: 'delete' }), [[1, 'a', 1]], 1)
    const places = await bed.places('ended')
    await assert.rejects(bed.load(table('ended', { onMissing: 'delete' }), [], 2), {
      code: 'TARGET_WOULD_BE_EMPTIED',
    })
    assert.deepEqual(await bed.places('ended'), places)
    const allowed = table('ended', { onMissing: 'delete', allowEmpty: true })
    assert.deepEqual(await bed.load(allowed, [], 2), { deleted: 1 })
    assert.deepEqual(await versions('ended'), ['1 a 2..3'])
  })

  it('tells of each version which dataset it was made from, and publishes once', async () => {
    const first = dayLoad(table('origins', { lineage: true }), [[1, 'a', 1]], 1)
    await bed.run(first)
    const second = dayLoad(table('origins', { lineage: true }), [[1, 'b', 1]], 2)
    await bed.run(second)
    assert.deepEqual(await bed.run(second), { staged: 1, updated: 1 })
    assert.deepEqual(
      await bed.texts('SELECT name, _dataset_id, _part_number FROM origins ORDER BY valid_from'),
      [
        ['a', first.datasetId, '0'],
        ['b', second.datasetId, '0'],
      ],
    )
  })

  it('tells keys apart as the table does, and composite ones, in names that are its own too', async () => {
    await bed.database.query(`
      CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      CREATE TABLE odd (code text COLLATE nocase, place bigint, relation text, position text, kept text,
        valid_from timestamptz, valid_to timestamptz, UNIQUE (code, place, valid_from))`)
    const odd: ModeTable = {
      table: 'odd',
      columns: [
        column('code', 'text', 'key'),
        column('place', 'integer', 'key'),
        column('relation', 'text'),
        column('position', 'text'),
        column('kept', 'text'),
      ],
      settings: { mode: 'history', onMissing: 'delete' },
    }
    await bed.load(
      odd,
      [
        ['x', 1, 'a', 'a', 'a'],
        ['x', 2, 'a', 'a', 'a'],
      ],
      1,
    )
    const counts = await bed.load(
      odd,
      [
        ['X', 1, 'b', 'a', 'a'],
        ['x', 1, 'c', 'a', 'a'],
      ],
      2,
    )
    assert.deepEqual(counts, { staged: 2, updated: 1, duplicate: 1, deleted: 1 })
    assert.deepEqual(
      await bed.load(
        odd,
        [
          ['X', 1, 'c', 'a', 'a'],
          ['X', 2, 'a', 'a', 'a'],
        ],
        2,
      ),
      { staged: 2, inserted: 1, unchanged: 1 },
    )
    assert.deepEqual(
      await bed.texts(
        'SELECT place, relation, valid_to IS NULL FROM odd ORDER BY place, valid_from',
      ),
      [
        ['1', 'a', 'f'],
        ['1', 'c', 't'],
        ['2', 'a', 't'],
      ],
    )
  })
})
