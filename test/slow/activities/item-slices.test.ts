import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { splitCsv } from '../../../activities/conversion/split-csv.ts'
import { PipelineError } from '../../../activities/index.ts'
import { countRecords, splitRecords } from '../../../activities/json/split-records.ts'
import { ItemBed, type TestStream } from '../../unit/activities/item-bed.ts'

const columns = [{ name: 'id', from: 'id', type: { kind: 'bigint' }, key: true }] as const

/** What is read of bodies: records as they go on, and those set aside, by position, reason and text. */
interface Reading {
  readonly records: string
  readonly count: number
  readonly malformed: readonly (readonly [number, string, string])[]
}

function read(format: 'csv' | 'ndjson', bodies: readonly Buffer[]): Reading {
  let records = ''
  let count = 0
  const malformed: [number, string, string][] = []
  for (const body of bodies) {
    const split =
      format === 'csv'
        ? splitCsv(body, new Set(['id']))
        : splitRecords(body, { kind: 'lines' }, { strict: { fields: new Set(['id', 't']) } })
    const joined = Buffer.concat(split.pieces).toString('latin1')
    // Around JSON records is white space, where there was some in the body.
    records += format === 'csv' ? joined : joined.replaceAll(/ *\n */g, '\n')
    for (const { record, reason, raw } of split.malformed) {
      malformed.push([count + record, reason, raw])
    }
    count += split.count
  }
  return { records, count, malformed }
}

async function outcome<T>(work: () => T | Promise<T>): Promise<T | string> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof PipelineError) return error.code
    throw error
  }
}

/** Pieces of which records are made, right and wrong. */
const csvPieces = [
  '"',
  '""',
  ',',
  '\n',
  '\r\n',
  '\r',
  'a',
  'é',
  '\u{1F600}',
  '\uFEFF',
  ' ',
  '1,b\n',
]
const ndjsonPieces = [
  '{"id":1,"t":"é\\n"}',
  '{"t":"\u{1F600}\u2028"}\n',
  '{"id":12345678901234567890.5}\r\n',
  '[2]\n',
  'null',
  '"',
  '{',
  '}',
  '\\',
  '\n',
  '\n\n',
  '\r\n',
  ' ',
  '\uFEFF',
]

const text = (pieces: readonly string[]) =>
  fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(''))

const csv = fc
  .tuple(fc.constantFrom('', '\uFEFF'), fc.constantFrom('id', 'id,t', '"id",t\r'), text(csvPieces))
  .map(([mark, header, body]) => `${mark}${header}\n${body}`)
const ndjson = fc
  .tuple(fc.constantFrom('', '\uFEFF', ' \n'), text(ndjsonPieces))
  .map(([start, body]) => `${start}{"id":0}\n${body}`)

const item = fc.oneof(
  csv.map((body) => ({ format: 'csv' as const, body })),
  ndjson.map((body) => ({ format: 'ndjson' as const, body })),
)

const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 })
const bytes = fc.integer({ min: 1, max: 80 })

describe('an item cut into pages', () => {
  test('is read as its bytes are when they are read whole, however they arrive', async () => {
    await fc.assert(
      fc.asyncProperty(item, sizes, bytes, bytes, async ({ format, body }, chunks, batch, page) => {
        const whole = await outcome(() => {
          if (format === 'ndjson') countRecords(Buffer.from(body))
          return read(format, [Buffer.from(body)])
        })
        const limits = { batchBytes: batch, pageBytes: 10_000 + page }
        const bed = new ItemBed({ format, limits, columns })
        bed.add('item', body, { chunks })
        await bed.begin()
        const cut = await outcome(async () => {
          const landed = await bed.land()
          assert.equal(landed.sourceBytes, Buffer.byteLength(body))
          return read(format, await bed.bodies(landed))
        })
        assert.deepEqual(cut, whole)
      }),
      { numRuns: 600 },
    )
  })
})

describe('an item that is landed in several attempts', () => {
  const faults = fc.array(
    fc.oneof(
      fc.record({ reads: fc.integer({ min: 0, max: 400 }) }),
      fc.record({ puts: fc.integer({ min: 0, max: 12 }) }),
      fc.record({ aborts: fc.integer({ min: 0, max: 12 }) }),
    ),
    { maxLength: 6 },
  )

  test('ends as if there had been one, and reads nothing again that is landed', async () => {
    await fc.assert(
      fc.asyncProperty(item, sizes, bytes, faults, fc.boolean(), async (...given) => {
        const [{ format, body }, chunks, batchBytes, troubles, seekable] = given
        const limits = { batchBytes, pageBytes: 10_000 }
        const beds = [
          new ItemBed({ format, limits, columns }),
          new ItemBed({ format, limits, columns }),
        ]
        const [bed, clean] = beds
        assert.ok(bed !== undefined && clean !== undefined)
        const { streams } = bed.add('item', body, { chunks, seekable })
        clean.add('item', body)
        await bed.begin()
        await clean.begin()
        const expected = await outcome(() => clean.land())
        if (typeof expected === 'string') return
        const [stream] = streams
        assert.ok(stream !== undefined)

        for (const trouble of troubles) {
          await attemptInTrouble(bed, stream, trouble)
          bed.read.length = 0
        }
        const landedEnd = await endOfLanded(bed)
        const written = bed.store.written.length
        const landed = await bed.land()
        assert.deepEqual(landed, { ...expected, pagesFound: landed.pagesFound })
        assert.deepEqual(await bed.landing(), await clean.landing())
        const pages = bed.store.written.filter((key) => key.includes('/page-'))
        assert.equal(new Set(pages).size, pages.length, 'a page was written twice')
        for (const range of bed.read) {
          const from = Number(/ (\d+)-/.exec(range)?.[1])
          assert.ok(from >= landedEnd, `${range} is landed up to ${landedEnd}`)
        }
        if (bed.opened === 0) assert.equal(bed.store.written.length, written)
      }),
      { numRuns: 300 },
    )
  })

  /** Reading fails at a byte, or the store at a write, or the attempt is cancelled at one. */
  async function attemptInTrouble(
    bed: ItemBed,
    stream: TestStream,
    trouble: { reads?: number; puts?: number; aborts?: number },
  ): Promise<void> {
    let puts = 0
    stream.failsAt = trouble.reads ?? Infinity
    bed.store.beforePut = () => {
      if (puts === trouble.puts) throw new Error('the store broke')
      if (puts === trouble.aborts) bed.controller.abort(new Error('cancelled'))
      puts += 1
    }
    await bed.land().catch((error: unknown) => {
      assert.match(String(error), /broke|cancelled/)
    })
    stream.failsAt = Infinity
    bed.store.beforePut = () => {}
    bed.controller = new AbortController()
  }

  /** Up to where the pages that are landed follow each other. */
  async function endOfLanded(bed: ItemBed): Promise<number> {
    const ends = new Map<number, number>()
    for (const key of (await bed.landing()).keys()) {
      const [, start, end] = /\/page-0+-(\d+)-(\d+)\./.exec(key) ?? []
      if (start !== undefined) ends.set(Number(start), Number(end))
    }
    let at = 0
    for (let next = ends.get(0); next !== undefined; next = ends.get(next)) at = next
    return at
  }
})
