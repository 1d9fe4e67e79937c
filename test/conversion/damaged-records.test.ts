import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { TextFormat } from '../../activities/index.ts'
import { useDuckDb } from '../support/use-duck-db.ts'
import { columnsOf, convertBodies } from '../unit/activities/convert-bodies.ts'

interface GoodRecord {
  readonly id: number
  readonly t: string | null
}

/** A record that is good, or its text after something went wrong. */
type Record = { readonly good: GoodRecord } | { readonly bad: string }

const hostile = fc.constantFrom(
  '"',
  '""',
  ',',
  '\n',
  '\r\n',
  '\r',
  '\\',
  '{',
  '}',
  '[',
  ' ',
  '\u2028',
  'é',
)
const text = fc
  .array(fc.oneof(hostile, fc.string({ unit: 'grapheme', maxLength: 3 })), { maxLength: 6 })
  .map((pieces) => pieces.join('').replaceAll('\0', ''))
const good = fc.record({ id: fc.integer({ min: 0, max: 1e9 }), t: fc.option(text) })

/** Bytes that are no UTF-8, as they stand in a body. */
const noText = '\u{F0000}'

const badJson = good.chain((record) => {
  const json = JSON.stringify(record)
  return fc.oneof(
    fc
      .integer({ min: 1, max: json.length - 1 })
      .map((length) => json.slice(0, length).replace(/ +$/, '')),
    fc.constantFrom(
      `${json} ${json}`,
      `${json},`,
      `[${json}]`,
      json.replace('"id":', '"id" '),
      json.replace('"id":', '"id":NaN,"x":'),
      json.replace('"id":', '"id":1,"id":'),
      json.replace('"t":', '"x":"\\ud800","t":'),
      json.replace('"t":', '"x":[1.5,],"t":'),
      json.replace('"t":', `"x":"${noText}","t":`),
      json.replace('"t":', '"x":1.2.3,"t":'),
      '12',
      'null',
      '"text"',
      'no JSON at all',
    ),
  )
})

const badElement = good.chain((record) => {
  const json = JSON.stringify(record)
  return fc.constantFrom(
    `[${json}]`,
    json.replace('"id":', '"id" '),
    json.replace('"id":', '"id":tru,"x":'),
    json.replace('"id":', '"id":1,"id":'),
    json.replace('"t":', '"x":"\\ud800","t":'),
    json.replace('"t":', '"x":"\n","t":'),
    json.replace('"t":', `"x":"${noText}","t":`),
    '12',
    'null',
    '"text"',
  )
})

const badCsv = fc
  .nat(1e9)
  .chain((id) =>
    fc.constantFrom(
      `${id}`,
      `${id},"a","b"`,
      `${id},a,`,
      `${id},a"b`,
      `${id}, "a"`,
      `${id},"a" `,
      `"${id}"1,a`,
      `${id},a\rb`,
      `${id},${noText}`,
      `${id},"a\nb",c`,
    ),
  )

/** Pages, each with a good record: without one, lines are another format. */
function pagesOf(bad: fc.Arbitrary<string>): fc.Arbitrary<Record[][]> {
  const isGood = good.map((record): Record => ({ good: record }))
  const isBad = bad.map((damaged): Record => ({ bad: damaged }))
  const page = fc
    .tuple(
      fc.array(fc.oneof({ weight: 3, arbitrary: isGood }, { weight: 1, arbitrary: isBad }), {
        maxLength: 12,
      }),
      isGood,
      fc.nat(12),
    )
    .map(([records, one, position]) => records.toSpliced(position, 0, one))
  return fc.array(page, { minLength: 1, maxLength: 3 })
}

function toBytes(body: string): Buffer {
  const [first = '', ...others] = body.split(noText)
  return Buffer.concat([
    Buffer.from(first),
    ...others.flatMap((piece) => [Buffer.from([0xc3, 0x28, 0xff]), Buffer.from(piece)]),
  ])
}

const csvField = (value: string | null): string =>
  value === null ? '' : `"${value.replaceAll('"', '""')}"`

describe('records with random damage', () => {
  const bed = useDuckDb()

  async function holds(
    format: TextFormat,
    bad: fc.Arbitrary<string>,
    toBody: (records: readonly Record[], lineEnd: string) => string,
  ): Promise<void> {
    const columns = columnsOf({ id: 'integer', t: 'text' })
    await fc.assert(
      fc.asyncProperty(pagesOf(bad), fc.constantFrom('\n', '\r\n'), async (pages, lineEnd) => {
        const bodies = pages.map((records) => toBytes(toBody(records, lineEnd)))
        const { rows, rejects, ...counts } = await convertBodies(
          bed.duckDb,
          format,
          columns,
          bodies,
        )
        assert.deepEqual(
          rows,
          pages
            .flat()
            .flatMap((record) => ('good' in record ? [[record.good.id, record.good.t]] : [])),
        )
        assert.deepEqual(
          rejects.map(({ page, record }) => `${page} ${record}`),
          pages.flatMap((records, page) =>
            records.flatMap((record, position) =>
              'bad' in record ? [`page-${page} ${position}`] : [],
            ),
          ),
        )
        const damaged = pages.flat().flatMap((record) => ('bad' in record ? [record.bad] : []))
        assert.deepEqual(
          rejects.map(({ raw }) => raw),
          damaged.map((raw) => toBytes(raw).toString()),
        )
        assert.equal(counts.recordCount, pages.flat().length)
        assert.equal(counts.recordCount, counts.rowCount + counts.rejectCount)
      }),
      { numRuns: 60 },
    )
  }

  const asJson = (record: Record): string =>
    'good' in record ? JSON.stringify(record.good) : record.bad

  test('as lines: the good ones arrive, the bad ones are listed, none is lost', () =>
    holds('ndjson', badJson, (records, lineEnd) =>
      records.map((record) => `${asJson(record)}${lineEnd}`).join(''),
    ))

  test('as elements of JSON pages', () =>
    holds(
      'json',
      badElement,
      (records, lineEnd) => `[${records.map(asJson).join(`,${lineEnd}  `)}]`,
    ))

  test('as CSV', () =>
    holds('csv', badCsv, (records, lineEnd) =>
      [
        'id,t',
        ...records.map((record) =>
          'good' in record ? `${record.good.id},${csvField(record.good.t)}` : record.bad,
        ),
        '',
      ].join(lineEnd),
    ))
})
