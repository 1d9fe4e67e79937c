import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { runSummary } from '../support/run-summary.ts'
import { assertFailure } from './support/assert-failure.ts'

const nights = ['2001-01-01', '2001-01-02', '2001-01-03'] as const
type Night = (typeof nights)[number]
const [first, second, third] = nights

/** A row that the source has: key, text and day. */
type Row = readonly [id: number, t: string | null, day?: string]

describe('a load into a table', () => {
  let bed: LoadBed
  let folder: string
  let name: string
  let table: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'claimcheck-test-modes-'))
    bed = await openLoadBed()
    await bed.startWorker({ CLAIMCHECK_SOURCE_DIRECTORIES: folder })
  })
  after(async () => {
    await bed?.close()
    await rm(folder, { recursive: true, force: true })
  })
  beforeEach(() => {
    name = uniqueName('mode')
    table = tableOf(name)
  })

  const writeTarget = (target: Readonly<Record<string, unknown>>, key = true) =>
    writePipeline(bed.pipelines, name, {
      name,
      source: { kind: 'file', path: `${folder}/${name}-{partition}.ndjson`, format: 'ndjson' },
      columns: { id: { type: 'integer', key }, t: 'text', day: 'date' },
      limits: { attempts: 1 },
      target: { kind: 'postgres', table, ...target },
    })

  const serve = (night: Night, rows: readonly Row[]) =>
    writeFile(
      join(folder, `${name}-${night}.ndjson`),
      rows.map(([id, t, day = night]) => `${JSON.stringify({ id, t, day })}\n`).join(''),
    )

  /** What the source serves that night is loaded; answers rows inserted, updated, unchanged and deleted. */
  async function load(night: Night, rows: readonly Row[]): Promise<number[]> {
    await serve(night, rows)
    const { counts } = await (await bed.start(name, night)).result()
    const { rowsInserted, rowsUpdated, rowsUnchanged, rowsDeleted } = counts
    return [rowsInserted, rowsUpdated, rowsUnchanged, rowsDeleted]
  }

  const run = (night: Night, ...more: string[]) =>
    bed.cli(['run', name, '--partition', night, '--wait', ...more])

  const rows = async (columns: string, order = 'id'): Promise<unknown[][]> =>
    (await bed.database.query(`SELECT ${columns} FROM ${table} ORDER BY ${order}`)).map((row) =>
      Object.values(row),
    )

  it('by append adds all rows of a slice, once', async () => {
    await writeTarget({ mode: 'append' }, false)
    assert.deepEqual(
      await load(first, [
        [1, 'a'],
        [1, 'a'],
      ]),
      [2, 0, 0, 0],
    )
    await serve(first, [[1, 'b']])
    const failure = assertFailure(await run(first, '--json'), {
      code: 'INTERVAL_LOADED',
      exitCode: 1,
    })
    assert.match(failure.message, new RegExp(table))
    assert.match(failure.remedy, /replace-interval/)
    assert.deepEqual(await load(second, [[1, 'a']]), [1, 0, 0, 0])
    assert.deepEqual(await rows('id, t, day::text', 'day, t'), [
      [1, 'a', first],
      [1, 'a', first],
      [1, 'a', second],
    ])
  })

  it('by replace leaves these rows alone, and views and grants as they are', async () => {
    await writeTarget({ mode: 'replace' })
    await load(first, [
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ])
    await bed.database.query(
      `CREATE VIEW ${table}_view AS SELECT id, t FROM ${table}; GRANT SELECT ON ${table} TO PUBLIC`,
    )
    const kept = () =>
      bed.database.query('SELECT oid::text, relacl::text FROM pg_class WHERE oid = $1::regclass', [
        table,
      ])
    const asMade = await kept()
    await serve(second, [
      [2, 'b', first],
      [4, 'd'],
    ])
    const outcome = await run(second)
    assert.equal(outcome.exitCode, 0, outcome.stderr)
    assert.match(outcome.stdout, /: 1 inserted, 0 updated, 1 unchanged, 2 deleted \(/)
    assert.deepEqual(await bed.database.query(`SELECT * FROM ${table}_view ORDER BY id`), [
      { id: 2, t: 'b' },
      { id: 4, t: 'd' },
    ])
    assert.deepEqual(await kept(), asMade)

    await serve(third, [])
    assertFailure(await run(third, '--json'), { code: 'TARGET_WOULD_BE_EMPTIED', exitCode: 1 })
    assert.deepEqual(await rows('id'), [[2], [4]])
  })

  it('by replace-interval leaves these rows in the slice, and all rows outside of it', async () => {
    await writeTarget({ mode: 'replace-interval', interval_column: 'day' })
    await load(first, [
      [1, 'a'],
      [2, 'b'],
    ])
    await load(second, [
      [3, 'c'],
      [4, 'd'],
    ])
    assert.deepEqual(
      await load(first, [
        [1, 'new'],
        [5, 'e'],
      ]),
      [1, 1, 0, 1],
    )
    assert.deepEqual(await rows('id, t, day::text'), [
      [1, 'new', first],
      [3, 'c', second],
      [4, 'd', second],
      [5, 'e', first],
    ])
    await serve(second, [[3, 'c', first]])
    assertFailure(await run(second, '--json'), { code: 'ROWS_OUTSIDE_INTERVAL', exitCode: 1 })
    assert.equal((await rows('id')).length, 4)
  })

  it('by history keeps each version with its validity, night after night', async () => {
    await writeTarget({ mode: 'history', on_missing: 'delete' })
    const day = first
    await load(first, [
      [1, 'a', day],
      [2, 'b', day],
      [3, null, day],
    ])
    assert.deepEqual(
      await load(second, [
        [1, 'a', day],
        [2, 'B', day],
      ]),
      [0, 1, 1, 1],
    )
    await load(third, [
      [1, 'a', day],
      [2, 'b', day],
      [3, null, day],
    ])
    const [from1, from2, from3] = ['2001-01-02', '2001-01-03', '2001-01-04']
    const versions = [
      [1, 'a', from1, null],
      [2, 'b', from1, from2],
      [2, 'B', from2, from3],
      [2, 'b', from3, null],
      [3, null, from1, from2],
      [3, null, from3, null],
    ]
    const utcDay = (column: string) => `(${column} AT TIME ZONE 'UTC')::date::text AS ${column}`
    const columns = `id, t, ${utcDay('valid_from')}, ${utcDay('valid_to')}`
    const all = () => rows(columns, 'id, valid_from')
    assert.deepEqual(await all(), versions)
    // The last night again, and then one that is past.
    await load(third, [
      [1, 'a', day],
      [2, 'b', day],
      [3, null, day],
    ])
    assert.deepEqual(await all(), versions)
    await serve(second, [[1, 'x', day]])
    assertFailure(await run(second, '--json'), { code: 'INTERVAL_OUT_OF_ORDER', exitCode: 1 })
    assert.deepEqual(await all(), versions)
  })

  it('by merge marks what is missing until it comes again', async () => {
    await writeTarget({ mode: 'merge', on_missing: 'mark', order_by: 'day' })
    const day = first
    assert.deepEqual(
      await load(first, [
        [1, 'a', day],
        [2, 'b', day],
      ]),
      [2, 0, 0, 0],
    )
    const marked = () => rows(`id, t, (_deleted_at AT TIME ZONE 'UTC')::text`)
    assert.deepEqual(await load(second, [[1, 'a', day]]), [0, 0, 1, 1])
    assert.deepEqual(await marked(), [
      [1, 'a', null],
      [2, 'b', '2001-01-03 00:00:00'],
    ])
    await serve(third, [
      [2, 'b', day],
      [2, 'older', '2000-01-01'],
      [3, 'c', day],
      [1, 'A', day],
    ])
    const again = runSummary(await run(third, '--json'))
    assert.equal(again.counts.rowsDuplicate, 1)
    assert.deepEqual(await marked(), [
      [1, 'A', null],
      [2, 'b', null],
      [3, 'c', null],
    ])
  })
})
