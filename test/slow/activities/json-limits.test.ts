import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { tooDeepSql, tooLargeForJsonbSql } from '../../../activities/conversion/json-limits-sql.ts'
import { literal } from '../../../activities/conversion/sql-text.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { columnsOf, convertBodies } from '../../unit/activities/convert-bodies.ts'

const tooDeep = 'the JSON is nested deeper than 1,000 levels'

const nested = (levels: number, open = '[', close = ']', inside = '1'): string =>
  open.repeat(levels) + inside + close.repeat(levels)

describe('JSON that PostgreSQL would refuse, in a field of text', () => {
  const bed = useDuckDb()

  /** What SQL over texts, given as SQL, says. */
  const say = (condition: (text: string) => string, texts: readonly string[]) =>
    bed.duckDb.withConnection(AbortSignal.timeout(300_000), async (connection) => {
      const values = texts.map((text) => `(${text})`).join(', ')
      const reader = await connection.runAndReadAll(
        `SELECT ${condition('t')} FROM (VALUES ${values}) AS texts(t)`,
      )
      return reader.getRows().map(([value]) => value)
    })

  test('for its depth is set aside, and costs itself alone', async () => {
    const columns = columnsOf({
      id: 'integer',
      json: 'json',
      jsonb: 'jsonb',
      list: { kind: 'array', element: { kind: 'jsonb' } },
      text: 'text',
    })
    const field = (text: string): string => `"${text.replaceAll('"', '""')}"`
    const object = (levels: number): string => nested(levels, '{"a":', '}')
    const element = (text: string): string => `{"${text.replaceAll(/["\\]/g, '\\$&')}"}`
    const lines = [
      [nested(999), object(999), element(object(999)), nested(100_000)],
      [nested(1000)],
      ['', nested(1000)],
      ['', object(100_000)],
      ['', '', element(nested(1000))],
      // What stands in a text is no level, and neither are many arrays side by side.
      [`["${'['.repeat(5000)}","\\"${'{'.repeat(5000)}"]`, `[${'[],'.repeat(5000)}[{}]]`],
    ]
    const csv = lines.map((fields, id) => {
      const columnFields = [0, 1, 2, 3].map((at) => (fields[at] ? field(fields[at]) : ''))
      return `${id},${columnFields.join(',')}\n`
    })
    const { rows, rejects } = await convertBodies(bed.duckDb, 'csv', columns, [
      `id,json,jsonb,list,text\n${csv.join('')}`,
    ])
    assert.deepEqual(
      rows.map(([id]) => id),
      [0, 5],
    )
    assert.deepEqual(
      rejects.map(({ record, reason }) => `${record} ${reason}`),
      [`1 json: ${tooDeep}`, `2 jsonb: ${tooDeep}`, `3 jsonb: ${tooDeep}`, `4 list: ${tooDeep}`],
    )
  })

  test('for its depth is told by its brackets alone, however they stand', async () => {
    const tree = fc.letrec<{ tree: string }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'medium', withCrossShrink: true },
        fc.constantFrom('1', '"[{"', '"\\"]"', '[]', '{}'),
        fc.array(tie('tree'), { maxLength: 3 }).map((inner) => `[${inner.join(',')}]`),
        tie('tree').map((inner) => `{"}":${inner}}`),
      ),
    })).tree
    const around = fc.record({ inside: tree, levels: fc.integer({ min: 940, max: 1010 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(around, { minLength: 20, maxLength: 20 }), async (cases) => {
        const texts = cases.map(({ inside, levels }) => nested(levels, '[[],', ']', inside))
        const expected = texts.map((text) => depthOf(JSON.parse(text)) > 999)
        assert.deepEqual(await say(tooDeepSql, texts.map(literal)), expected)
      }),
      { numRuns: 5 },
    )
  })

  test('for its size is told from above', async () => {
    const repeated = (open: string, piece: string, count: number, close: string): string =>
      `'${open}' || repeat('${piece}', ${count}) || '${close}'`
    assert.deepEqual(
      await say(tooLargeForJsonbSql, [
        `'[]'`,
        // 2^24 elements are as many as PostgreSQL takes, and 12 bytes each.
        repeated('[', '1,', 2 ** 24 - 1, '1]'),
        repeated('[', '1,', 2 ** 24, '1]'),
      ]),
      [false, false, true],
    )
    assert.deepEqual(await say(tooLargeForJsonbSql, ['NULL::VARCHAR']), [false])
    assert.deepEqual(await say(tooDeepSql, ['NULL::VARCHAR']), [false])
  })
})

function depthOf(value: unknown): number {
  let depth = 0
  for (let level: unknown[] = [value]; level.length > 0;) {
    const containers = level.filter((each) => typeof each === 'object' && each !== null)
    if (containers.length > 0) depth += 1
    level = containers.flatMap((each): unknown[] => Object.values(each ?? {}))
  }
  return depth
}
