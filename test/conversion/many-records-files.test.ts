import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { queryNumber } from '../../activities/conversion/query-texts.ts'
import { literal } from '../../activities/conversion/sql-text.ts'
import type { TextFormat } from '../../activities/index.ts'
import { convertIntoFolder } from '../support/convert-into-folder.ts'
import { useDuckDb } from '../support/use-duck-db.ts'
import { columnsOf, convertBodies } from '../unit/activities/convert-bodies.ts'

const filler = 'filler '.repeat(20)
const isReject = (id: number): boolean => id % 997 === 5
const isMalformed = (id: number): boolean => id % 1409 === 7
/** Where a field's name in another case stands beside it. */
const twin = (id: number): string => `twin ${id}\n${filler}`

function jsonRecord(id: number): string {
  if (isMalformed(id)) return `["not an object", ${id}]`
  return JSON.stringify({ id: isReject(id) ? 'x' : id, t: `text ${id}`, T: twin(id) })
}

function csvRecord(id: number): string {
  if (isMalformed(id)) return `${id}`
  return `${isReject(id) ? 'x' : id},text ${id},"twin ${id}\n${filler}"`
}

const formats = {
  json: (ids: number[]) => `[${ids.map(jsonRecord).join(',\n')}]`,
  ndjson: (ids: number[]) => `${ids.map(jsonRecord).join('\n')}\n`,
  csv: (ids: number[]) => `id,t,T\n${ids.map(csvRecord).join('\n')}\n`,
} as const satisfies Record<TextFormat, (ids: number[]) => string>

const columns = columnsOf({ id: 'integer', t: 'text', twin: 'text' }).map((column) =>
  column.name === 'twin' ? { ...column, from: 'T' } : column,
)

/** Bodies of records `0` and so on. */
function bodiesOf(format: TextFormat, pageCount: number, recordsPerPage: number): string[] {
  return Array.from({ length: pageCount }, (_page, page) => {
    const first = page * recordsPerPage
    return formats[format](Array.from({ length: recordsPerPage }, (_id, index) => first + index))
  })
}

describe('records that fill many files', () => {
  const bed = useDuckDb()

  const shapes: [TextFormat, number, number][] = [
    ['ndjson', 3000, 10],
    ['ndjson', 1, 30_000],
    ['json', 20, 1500],
    ['csv', 3000, 10],
    ['csv', 2, 15_000],
  ]
  for (const [format, pageCount, recordsPerPage] of shapes) {
    test(`stay in order and are set aside where they stand: ${pageCount} pages of ${format}`, async () => {
      const bodies = bodiesOf(format, pageCount, recordsPerPage)
      const { rows, rejects } = await convertBodies(bed.duckDb, format, columns, bodies)
      const ids = Array.from({ length: pageCount * recordsPerPage }, (_, id) => id)
      const good = ids.filter((id) => !isReject(id) && !isMalformed(id))
      assertSame(
        rows,
        good.map((id) => [id, `text ${id}`, twin(id)]),
      )
      const bad = ids.filter((id) => isReject(id) || isMalformed(id))
      assertSame(
        rejects.map(({ page, record }) => ({ page, record })),
        bad.map((id) => ({
          page: `page-${Math.floor(id / recordsPerPage)}`,
          record: id % recordsPerPage,
        })),
      )
      for (const [index, id] of bad.entries()) {
        const reject = rejects[index]
        if (isMalformed(id)) assert.match(reject?.raw ?? '', new RegExp(`\\b${id}\\b`))
        else assert.deepEqual(reject?.fields, { id: 'x', t: `text ${id}`, T: twin(id) })
      }
    })
  }

  test('make the same part each time, whether records are set aside or not', async () => {
    const withRejects = bodiesOf('ndjson', 2, 40_000)
    const ids = Array.from({ length: 200_000 }, (_, id) => id)
    const text = (id: number): string => `text ${id % 977}`
    const clean = ids.map((id) => `{"id":${id},"t":"${text(id)}","T":"filler filler"}\n`).join('')
    for (const bodies of [withRejects, [clean]]) {
      const parts: Buffer[] = []
      for (let round = 0; round < 2; round += 1) {
        const folder = await mkdtemp(join(bed.folder, 'round-'))
        const made = await convertIntoFolder(bed.duckDb, 'ndjson', columns, bodies, folder)
        assert.equal(made.rejectCount > 0, bodies === withRejects)
        assert.ok((await readdir(folder)).filter((name) => name.startsWith('records-')).length > 5)
        parts.push(await readFile(made.partPath))
      }
      assert.ok(parts[0]?.equals(parts[1] ?? Buffer.alloc(0)))
    }
    const { rows, rejectCount } = await convertBodies(bed.duckDb, 'ndjson', columns, [clean])
    assert.equal(rejectCount, 0)
    assertSame(
      rows,
      ids.map((id) => [id, text(id), 'filler filler']),
    )
  })

  test('make row groups that do not grow with their width', async () => {
    const wide = 'wide '.repeat(2000)
    const body = Array.from({ length: 4000 }, (_, id) => `{"id":${id},"t":"${wide}"}\n`).join('')
    const folder = await mkdtemp(join(bed.folder, 'wide-'))
    const wideColumns = columnsOf({ id: 'integer', t: 'text' })
    const made = await convertIntoFolder(bed.duckDb, 'ndjson', wideColumns, [body], folder)
    const rows = await bed.duckDb.withConnection(AbortSignal.timeout(60_000), (connection) =>
      queryNumber(
        connection,
        `SELECT max(row_group_num_rows) FROM parquet_metadata(${literal(made.partPath)})`,
      ),
    )
    assert.ok(rows <= 2048, `a row group has ${rows} rows`)
  })
})

/** As `deepEqual`, which takes minutes to say how two long lists differ. */
function assertSame(actual: readonly unknown[], expected: readonly unknown[]): void {
  const texts = expected.map((element) => JSON.stringify(element))
  const place = texts.findIndex((text, index) => JSON.stringify(actual[index]) !== text)
  assert.deepEqual([place, actual[place]], [-1, undefined])
  assert.equal(actual.length, expected.length)
}
