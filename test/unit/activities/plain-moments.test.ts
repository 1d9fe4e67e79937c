import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { queryTexts } from '../../../activities/conversion/query-texts.ts'
import { scalarCastSql } from '../../../activities/conversion/scalar-sql.ts'
import { literal } from '../../../activities/conversion/sql-text.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'

const plain = {
  date: '2001-02-28',
  timestamp: '2001-02-28T23:59:58',
  timestamptz: '2001-02-28T23:59:58Z',
} as const

const character = fc.constantFrom(...Array.from('0123456789 \t-+.:/TZtz_é'))
const changes = fc.array(fc.tuple(fc.nat(20), character), { maxLength: 4 })

function changed(text: string, some: readonly (readonly [number, string])[]): string {
  const characters = Array.from(text)
  for (const [place, by] of some) characters[place % characters.length] = by
  return characters.join('')
}

describe('a moment', () => {
  const bed = useDuckDb()

  for (const kind of ['date', 'timestamp', 'timestamptz'] as const) {
    test(`of type ${kind} is read where it is plain as where a space stands before it`, async () => {
      const text = changes.map((some) => changed(plain[kind], some))
      const texts = fc.array(text, { minLength: 500, maxLength: 500 })
      const cast = (written: string) => `${scalarCastSql({ kind }, written)}::VARCHAR`
      let values = 0
      await fc.assert(
        fc.asyncProperty(texts, async (some) => {
          const rows = some.map((each) => `(${literal(each)}, ${literal(` ${each}`)})`).join(', ')
          const read = await bed.duckDb.withConnection(new AbortController().signal, (connection) =>
            queryTexts(
              connection,
              `SELECT t, ${cast('source.t')}, ${cast('source.spaced')}
               FROM (VALUES ${rows}) source(t, spaced)`,
            ),
          )
          values += read.filter(([, value]) => value !== undefined).length
          assert.deepEqual(
            read.filter(([, value, spaced]) => value !== spaced),
            [],
          )
        }),
        { numRuns: 20, endOnFailure: true },
      )
      assert.ok(values > 1000)
    })
  }
})
