import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { BodyEdits } from '../../../activities/json/body-edits.ts'
import { splitRecords } from '../../../activities/json/split-records.ts'

const tail = Buffer.from('\n')
/** Nothing that stands in another place looks the same. */
const uneven = Buffer.from(Array.from({ length: 251 }, (_, index) => index))

/** How far behind the edit before, how long, and what takes the span's place (quotes where absent). */
const edit = fc.record({
  gap: fc.oneof(fc.nat({ max: 40 }), fc.constantFrom(32_768, 32_769, 300_000)),
  bytes: fc.oneof(fc.nat({ max: 40 }), fc.constantFrom(262_143, 262_144, 262_145)),
  text: fc.option(fc.oneof(fc.nat({ max: 300 }), fc.constant(300_000)), { nil: undefined }),
})

describe('the edits of a body', () => {
  test('leave all else as it is, wherever they stand and however long things are', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 8 }), fc.nat({ max: 100 }), (edits, rest) => {
        const length = edits.reduce((sum, { gap, bytes }) => sum + gap + bytes, rest)
        const body = Buffer.alloc(length, uneven)
        const edited = new BodyEdits(body)
        const expected: Buffer[] = []
        let position = 0
        for (const { gap, bytes, text } of edits) {
          const start = position + gap
          const end = start + bytes
          expected.push(body.subarray(position, start))
          const by = text === undefined ? undefined : Buffer.alloc(text, 'x')
          if (by === undefined) {
            expected.push(Buffer.from('"'), body.subarray(start, end), Buffer.from('"'))
            edited.quote(start, end)
          } else {
            expected.push(by)
            edited.replace(start, end, by)
          }
          position = end
        }
        expected.push(body.subarray(position), tail)
        const pieces = edited.pieces(0, body.length, tail)
        assert.ok(Buffer.concat(pieces).equals(Buffer.concat(expected)))
        assert.ok(pieces.every((piece) => piece.length > 0))
      }),
      { numRuns: 40 },
    )
  })

  test('make few pieces, however many they are: each piece is a call to write', () => {
    const rows = 20_000
    const lines = Array.from({ length: rows }, (_, id) => `{"id":${id},"a":1.50,"b":[0.10],"c":-0}`)
    const { pieces, count } = splitRecords(Buffer.from(lines.join('\n')), { kind: 'lines' })
    assert.equal(count, rows)
    assert.ok(pieces.length <= 8, `${pieces.length} pieces`)
    const text = Buffer.concat(pieces).toString()
    const expected = lines.map((_, id) => `{"id":${id},"a":"1.50","b":"[0.10]","c":"-0"}\n`)
    assert.ok(text === expected.join(''))
  })

  test('are none for a body that is right: it is passed on as it lies', () => {
    const body = Buffer.from('{"id":1,"text":"one"}\n'.repeat(10_000))
    const [piece] = splitRecords(body, { kind: 'lines' }).pieces
    assert.equal(piece?.buffer, body.buffer)
  })
})
