import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { PipelineError } from '../../activities/pipeline-error.ts'
import { column } from './support/column.ts'
import { type ModeBed, type ModeTable, openModeBed } from './support/mode-bed.ts'
import { sampleLoad } from './support/sample-load.ts'

/** Microseconds since 1970, of an hour of a day of November 2026 in UTC. */
const at = (day: number, hour = 0) => BigInt(Date.UTC(2026, 10, day, hour)) * 1000n
const dayNumber = (day: number) => Date.UTC(2026, 10, day) / 86_400_000

const when = column('at', 'timestamptz')
const keyless = [when, column('name', 'text')]
const keyed = [column('id', 'integer', 'key'), ...keyless]

function table(
  name: string,
  columns = keyed,
  more: Partial<ModeTable['settings']> = {},
): ModeTable {
  return {
    table: name,
    columns,
    settings: { mode: 'replace-interval', intervalColumn: 'at', ...more },
  }
}

describe('the mode replace-interval', { timeout: 300_000 }, () => {
  let bed: ModeBed

  before(async () => {
    bed = await openModeBed()
  })
  after(() => bed.close())

  it('replaces the rows of a slice by key, moves rows into it, and leaves all others', async () => {
    const sliced = table('sliced')
    await bed.load(sliced, [
      [1, at(1), 'a'],
      [2, at(1, 23), 'a'],
      [3, at(1), 'a'],
    ])
    await bed.load(
      sliced,
      [
        [4, at(2), 'b'],
        [5, at(2), 'b'],
      ],
      2,
    )
    const places = await bed.places('sliced')
    const same = [
      [5, at(2), 'b'],
      [4, at(2), 'b'],
    ]
    assert.deepEqual(await bed.load(sliced, same, 2), { staged: 2, unchanged: 2 })
    assert.deepEqual(await bed.places('sliced'), places)
    const counts = await bed.load(
      sliced,
      [
        [1, at(1), 'a'],
        [2, at(1), 'changed'],
        [4, at(1), 'moved'],
        [6, at(1), 'new'],
      ],
      1,
    )
    assert.deepEqual(counts, { staged: 4, inserted: 1, updated: 2, unchanged: 1, deleted: 1 })
    assert.deepEqual(await bed.texts('SELECT id, name FROM sliced ORDER BY id'), [
      ['1', 'a'],
      ['2', 'changed'],
      ['4', 'moved'],
      ['5', 'b'],
      ['6', 'new'],
    ])
  })

  it('swaps the rows of a slice where there is no key', async () => {
    const sliced = table('swapped', keyless)
    const first = [
      [at(1), 'a'],
      [at(1), 'a'],
    ]
    await bed.load(sliced, first)
    await bed.load(sliced, [[at(2), 'b']], 2)
    const places = await bed.places('swapped')
    assert.deepEqual(await bed.load(sliced, first), { staged: 2, unchanged: 2 })
    assert.deepEqual(await bed.places('swapped'), places)
    assert.deepEqual(await bed.load(sliced, [[at(1, 5), 'c']]), {
      staged: 1,
      inserted: 1,
      deleted: 2,
    })
    assert.deepEqual(await bed.texts('SELECT name FROM swapped ORDER BY 1'), [['b'], ['c']])
  })

  it('takes dates and timestamps without a zone for UTC, the end of the slice being none of it', async () => {
    await bed.database.query(
      `ALTER DATABASE ${new URL(bed.database.url).pathname.slice(1)} SET TimeZone = 'Asia/Tokyo'`,
    )
    const last = { date: dayNumber(1), timestamp: at(2) - 1n, timestamptz: at(2) - 1n }
    const next = { date: dayNumber(2), timestamp: at(2), timestamptz: at(2) }
    for (const kind of ['date', 'timestamp', 'timestamptz'] as const) {
      const first = kind === 'date' ? dayNumber(1) : at(1)
      for (const columns of [[column('at', kind)], [column('at', kind, 'key')]]) {
        const sliced = table(`bound_${kind}_${columns[0]?.key ? 'keyed' : 'keyless'}`, columns)
        await bed.load(sliced, [[first], ...(kind === 'date' ? [] : [[last[kind]]])])
        await assert.rejects(bed.load(sliced, [[next[kind]]]), { code: 'ROWS_OUTSIDE_INTERVAL' })
        await bed.load(sliced, [[next[kind]]], 2)
        const counts = await bed.load(sliced, [[last[kind]]], 1)
        assert.deepEqual(
          counts,
          columns[0]?.key || kind === 'date'
            ? { staged: 1, unchanged: 1, ...(kind === 'date' ? {} : { deleted: 1 }) }
            : { staged: 1, inserted: 1, deleted: 2 },
        )
        assert.deepEqual(await bed.texts(`SELECT count(*) FROM ${sliced.table}`), [['2']])
      }
    }
  })

  it('takes a date for one of the clock that the slice is of', async () => {
    for (const [timezone, hour] of [
      ['America/New_York', '05'],
      ['Europe/Oslo', '-1'],
    ] as const) {
      const start = Date.UTC(2026, 10, 10, Number(hour))
      const interval = {
        start: new Date(start).toISOString(),
        end: new Date(start + 86_400_000).toISOString(),
      }
      const name = `days_${hour.replace('-', 'm')}`
      const load = (day: number) => {
        const row = [[Date.UTC(2026, 10, day) / 86_400_000]]
        return sampleLoad(name, [row], [column('on', 'date')], {
          target: { mode: 'replace-interval', intervalColumn: 'on' },
          request: { interval, timezone },
        })
      }
      assert.deepEqual(await bed.run(load(10)), { staged: 1, inserted: 1 })
      for (const day of [9, 11]) {
        await assert.rejects(bed.run(load(day)), { code: 'ROWS_OUTSIDE_INTERVAL' })
      }
    }
  })

  it('refuses rows that are not of the slice, new table or not, and says how many', async () => {
    const rows = [
      [1, at(1), 'inside'],
      [2, at(2), 'outside'],
      [3, null, 'without'],
      [4, at(0), 'outside'],
    ]
    for (const round of ['new table', 'table with rows']) {
      await assert.rejects(bed.load(table('outside'), rows), (error: unknown) => {
        assert.ok(error instanceof PipelineError, round)
        assert.equal(error.code, 'ROWS_OUTSIDE_INTERVAL')
        assert.match(
          error.message,
          /^3 rows are outside of 2026-11-01 by column "at", 1 of them without a value/,
        )
        return true
      })
      await bed.load(table('outside'), [[9, at(1), 'there']])
    }
    assert.deepEqual(await bed.texts('SELECT id FROM outside'), [['9']])
  })

  it('refuses an empty dataset for a slice that has rows, unless that is allowed', async () => {
    for (const columns of [keyed, keyless]) {
      const name = `emptied_${columns.length}`
      const row = (day: number) => [...(columns === keyed ? [day] : []), at(day), 'a']
      await bed.load(table(name, columns), [row(1)], 1)
      await bed.load(table(name, columns), [row(2)], 2)
      await assert.rejects(bed.load(table(name, columns), [], 1), {
        code: 'TARGET_WOULD_BE_EMPTIED',
      })
      assert.deepEqual(await bed.load(table(name, columns), [], 3), {})
      assert.deepEqual(await bed.load(table(name, columns, { allowEmpty: true }), [], 1), {
        deleted: 1,
      })
      assert.deepEqual(await bed.texts(`SELECT count(*) FROM ${name}`), [['1']])
    }
  })

  it('says so where the rows have no such column, or one of another type', async () => {
    for (const intervalColumn of ['name', 'absent']) {
      await assert.rejects(bed.load(table('misnamed', keyed, { intervalColumn }), []), {
        code: 'TARGET_MISMATCH',
      })
    }
  })
})
