import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { PipelineError } from '../../activities/pipeline-error.ts'
import { column } from './support/column.ts'
import { dayLoad, type ModeBed, type ModeTable, openModeBed, slice } from './support/mode-bed.ts'
import { sampleLoad } from './support/sample-load.ts'

const named = [column('name', 'text'), column('amount', 'integer')]
const keyed = [column('id', 'integer', 'key'), ...named]

function table(name: string, columns = named): ModeTable {
  return { table: name, columns, settings: { mode: 'append' } }
}

describe('the mode append', { timeout: 300_000 }, () => {
  let bed: ModeBed

  before(async () => {
    bed = await openModeBed()
  })
  after(() => bed.close())

  it('adds every row, those that are alike too, and none twice', async () => {
    const rows = [
      ['a', 1],
      ['a', 1],
      [null, null],
    ]
    assert.deepEqual(await bed.load(table('added'), rows, 1), { staged: 3, inserted: 3 })
    const places = await bed.places('added')
    const load = dayLoad(table('added'), rows, 2)
    assert.deepEqual(await bed.run(load), { staged: 3, inserted: 3 })
    assert.deepEqual(
      (await bed.places('added')).filter((place) => places.includes(place)),
      places,
    )
    const again = await load.run(bed.target)
    assert.ok(again.kind === 'published' && again.alreadyPublished)
    assert.deepEqual(await bed.texts('SELECT count(*) FROM added'), [['6']])
  })

  it('leaves one row of each key in a dataset', async () => {
    const rows = [
      [1, 'first', 1],
      [1, 'last', 1],
      [2, 'only', 1],
    ]
    const counts = await bed.load(table('added_keys', keyed), rows)
    assert.deepEqual(counts, { staged: 3, inserted: 2, duplicate: 1 })
    assert.deepEqual(await bed.load(table('added_keys', keyed), [[3, 'next', 1]], 2), {
      staged: 1,
      inserted: 1,
    })
  })

  it('adds rows by a key that is called like what the load itself writes', async () => {
    // As PostgreSQL calls the values of lineage by itself.
    const [uuid, int4] = [column('uuid', 'uuid', 'key'), column('int4', 'integer', 'key')]
    const id = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}`
    const settings = { mode: 'append', lineage: true } as const
    const added = { ...table('added_uuids', [uuid, int4]), settings }
    for (const day of [1, 2]) {
      const rows = [[id(day), day]]
      assert.deepEqual(await bed.load(added, rows, day), { staged: 1, inserted: 1 })
    }
  })

  it('adds nothing where keys are in the table, and says how many', async () => {
    await bed.load(table('known', keyed), [
      [1, 'secret', 1],
      [2, 'secret', 1],
    ])
    const places = await bed.places('known')
    const rows = [
      [1, 'secret', 1],
      [2, 'other secret', 1],
      [3, 'new', 1],
    ]
    await assert.rejects(bed.load(table('known', keyed), rows, 2), (error: unknown) => {
      assert.ok(error instanceof PipelineError)
      assert.equal(error.code, 'TARGET_MISMATCH')
      assert.match(error.message, /^2 of 3 rows have keys that are in the table already/)
      return true
    })
    assert.deepEqual(await bed.places('known'), places)
  })

  it('refuses a slice that overlaps one whose rows are there, before anything is fetched too', async () => {
    await bed.load(table('slices'), [['a', 1]], 3)
    const overlapping = [slice(3), slice(2, 2), slice(3, 2), slice(1, 5)]
    for (const request of overlapping) {
      const load = sampleLoad('slices', [[['b', 1]]], named, {
        target: { mode: 'append' },
        request,
      })
      await assert.rejects(bed.target.check(load.request), { code: 'INTERVAL_LOADED' })
      await load.stage(bed.target)
      await assert.rejects(bed.target.publish(load.request), { code: 'INTERVAL_LOADED' })
    }
    assert.deepEqual(await bed.texts('SELECT name FROM slices'), [['a']])
    for (const day of [2, 4]) {
      assert.deepEqual(await bed.load(table('slices'), [['b', 1]], day), { staged: 1, inserted: 1 })
    }
  })

  it('loads a slice again for another pipeline, after a load without rows, and by a mark', async () => {
    const load = (request: object, rows = [['a', 1]]) =>
      bed.run(
        sampleLoad('others', [rows], named, {
          target: { mode: 'append' },
          request: { ...slice(1), ...request },
        }),
      )
    assert.deepEqual(await load({}, []), {})
    assert.deepEqual(await load({}), { staged: 1, inserted: 1 })
    assert.deepEqual(await load({ pipeline: 'other' }), { staged: 1, inserted: 1 })
    assert.deepEqual(await load({ markColumn: 'amount' }), { staged: 1, inserted: 1 })
  })

  it('adds nothing twice that two loads were told the same mark for', async () => {
    const load = (
      highWaterMark: string,
      rows = [
        ['a', 1],
        ['b', 2],
      ],
    ) =>
      sampleLoad('told_once', [rows], named, {
        target: { mode: 'append' },
        request: { ...slice(1), markColumn: 'amount', highWaterMark },
      })
    const [first, second] = [load('0'), load('0')]
    for (const { request } of [first, second]) await bed.target.check(request)
    assert.deepEqual(await bed.run(first), { staged: 2, inserted: 2 })
    await assert.rejects(bed.run(second), { code: 'INTERVAL_LOADED' })
    assert.deepEqual(await bed.run(load('0', [])), {})
    assert.deepEqual(await bed.run(load('2', [['c', 3]])), { staged: 1, inserted: 1 })
    assert.deepEqual(await bed.texts('SELECT name FROM told_once ORDER BY 1'), [
      ['a'],
      ['b'],
      ['c'],
    ])
  })

  it('knows loads of earlier versions by the name of their partition', async () => {
    await bed.load(table('earlier'), [['a', 1]], 1)
    await bed.database.query(
      `UPDATE claimcheck.loads SET interval_start = NULL, interval_end = NULL WHERE target = 'public.earlier'`,
    )
    await assert.rejects(bed.load(table('earlier'), [['a', 1]], 1), { code: 'INTERVAL_LOADED' })
    assert.deepEqual(await bed.load(table('earlier'), [['a', 1]], 2), { staged: 1, inserted: 1 })
  })
})
