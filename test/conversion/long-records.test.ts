import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { splitCsv } from '../../activities/conversion/split-csv.ts'
import {
  countRecords,
  splitRecords,
  type SplitRecords,
} from '../../activities/json/split-records.ts'

/** With what stands around it, one byte longer than a record may be; or just as long. */
const limit = 64 * 1024 * 1024
const reason = `the record is longer than ${limit} bytes`

describe('a record that is too long', () => {
  for (const [length, count] of [
    [limit, 0],
    [limit + 1, 1],
  ] as const) {
    const what = count === 0 ? 'is none at the limit' : 'is set aside alone'
    test(`${what}: NDJSON, JSON and CSV`, () => {
      const text = Buffer.alloc(length - '{"id":2,"t":""}'.length, 'x')
      const record = Buffer.concat([Buffer.from('{"id":2,"t":"'), text, Buffer.from('"}')])
      const around = (parts: readonly [string, string]): Buffer =>
        Buffer.concat([Buffer.from(parts[0]), record, Buffer.from(parts[1])])
      const lines = splitRecords(around(['{"id":1}\n', '\n{"id":3}\n']), { kind: 'lines' })
      const array = splitRecords(around(['[{"id":1},', ',{"id":3}]']), { kind: 'array', start: 0 })
      const field = Buffer.alloc(length - '2,'.length, 'x')
      const csv = splitCsv(
        Buffer.concat([Buffer.from('id,t\n1,\n2,'), field, Buffer.from('\n3,\n')]),
        new Set(['id', 't']),
      )
      for (const split of [lines, array, csv]) {
        assert.equal(split.count, 3)
        assert.deepEqual(
          split.malformed.map((bad) => [bad.record, bad.reason, bad.raw.length]),
          count === 0 ? [] : [[1, reason, 4096]],
        )
        const written = split.pieces.reduce((sum, piece) => sum + piece.length, 0)
        assert.equal(written > limit, count === 0)
      }
    })
  }

  test('is no line that was cut off, and a line that was cut off is no long record', () => {
    const open = Buffer.concat([Buffer.from('{"id":1}\n{"id":2,"t":["'), Buffer.alloc(limit, 'x')])
    const whole = Buffer.concat([open, Buffer.from('",1.50]}')])
    assert.equal(countRecords(Buffer.from(whole)), 2)
    const { malformed } = splitRecords(Buffer.from(whole), { kind: 'lines' })
    assert.deepEqual(
      malformed.map((bad) => bad.reason),
      [reason],
    )
    for (const read of [countRecords, splitLines]) {
      assert.throws(() => read(Buffer.from(open)), { code: 'SOURCE_MALFORMED', message: /cut off/ })
    }
  })
})

function splitLines(body: Buffer): SplitRecords {
  return splitRecords(body, { kind: 'lines' })
}
