import assert from 'node:assert/strict'
import { test } from 'node:test'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { columnsOf, convertBodies } from '../../unit/activities/convert-bodies.ts'

/** Texts that look like records from the inside, so that a reader that starts in the middle is misled. */
const pieces = ['12,"",x\n', '\n', '"', ',', 'a', '\r\n', '""\n', '\n3,b,c\n']

const bed = useDuckDb()

for (const longest of [30, 400]) {
  test(`CSV of many read buffers is read as it stands, with texts of up to ${longest} pieces`, async () => {
    let seed = longest
    const below = (limit: number): number => {
      seed = (seed * 48271) % 2147483647
      return seed % limit
    }
    const lines = ['id,t,u\n']
    const expected: unknown[][] = []
    for (let bytes = 0; bytes < 9e6;) {
      const length = below(longest)
      const text = Array.from({ length }, () => pieces[below(pieces.length)]).join('')
      const other = below(3) === 0 ? null : 'plain'
      const line = `${expected.length},"${text.replaceAll('"', '""')}",${other ?? ''}\n`
      expected.push([expected.length, text, other])
      lines.push(line)
      bytes += line.length
    }
    const columns = columnsOf({ id: 'integer', t: 'text', u: 'text' })
    const { rows, rejectCount } = await convertBodies(bed.duckDb, 'csv', columns, [lines.join('')])
    assert.deepEqual([rows.length, rejectCount], [expected.length, 0])
    for (const [index, row] of rows.entries()) {
      if (!row.every((value, column) => value === expected[index]?.[column])) {
        assert.deepEqual(row, expected[index])
      }
    }
  })
}
