import assert from 'node:assert/strict'
import { pipeline } from 'node:stream/promises'
import { after, before, describe, it } from 'node:test'
import * as fc from 'fast-check'
import type { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { ColumnType } from '../../activities/pipeline-definition.ts'
import { columnTypeSql } from '../../src/targets/postgres/column-type-sql.ts'
import { copyBinary } from '../../src/targets/postgres/copy-binary-encoder.ts'
import { column } from './support/column.ts'
import { partOf, type Value } from './support/part-chunk-of.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

/** A value as a part holds it, beside the text from which PostgreSQL reads the same. */
interface Sample {
  readonly value: Value
  readonly literal: string | null
}

const plain = (value: number | bigint | string | boolean): Sample => ({
  value,
  literal: String(value),
})
const of = <T extends number | bigint | string | boolean>(values: fc.Arbitrary<T>) =>
  values.map(plain)
const fixed = (...samples: readonly Sample[]) => fc.constantFrom(...samples)

const INT64_MAX = 2n ** 63n - 1n
const MICROS_PER_DAY = 86_400_000_000n

/** Exact for every year that a JavaScript date knows. */
function timestampText(micros: bigint, zone: '' | '+00'): string {
  const days = micros / MICROS_PER_DAY - (micros % MICROS_PER_DAY < 0n ? 1n : 0n)
  const rest = micros - days * MICROS_PER_DAY
  const time = `${new Date(Number(rest / 1000n)).toISOString().slice(11, 23)}${String(rest % 1000n).padStart(3, '0')}`
  return dateText(Number(days)).replace(/^(\d+-\d+-\d+)/, `$1 ${time}${zone}`)
}

function dateText(days: number): string {
  const date = new Date(days * 86_400_000)
  const year = date.getUTCFullYear()
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0')
  const rest = `${String(date.getUTCMonth() + 1).padStart(2, '0')}-${String(date.getUTCDate()).padStart(2, '0')}`
  return `${shown}-${rest}${year > 0 ? '' : ' BC'}`
}

function timestamps(zone: '' | '+00'): fc.Arbitrary<Sample> {
  const sample = (value: bigint): Sample => ({ value, literal: timestampText(value, zone) })
  return fc.oneof(
    fc.bigInt(-210_866_803_200_000_000n, 8_640_000_000_000_000_000n).map(sample),
    fc.bigInt(-4_000_000_000_000_000n, 4_000_000_000_000_000n).map(sample),
    fc
      .constantFrom(0n, -1n, 946_684_800_000_000n, 946_684_799_999_999n, 2n ** 32n, -(2n ** 32n))
      .map(sample),
    fixed(
      { value: INT64_MAX, literal: 'infinity' },
      { value: -INT64_MAX, literal: '-infinity' },
      { value: INT64_MAX - 1n, literal: `294247-01-10 04:00:54.775806${zone}` },
      { value: -210_866_803_200_000_000n, literal: `4714-11-24 00:00:00${zone} BC` },
    ),
  )
}

const decimals = fc
  .tuple(
    fc.boolean(),
    fc.stringMatching(/^(0|[1-9][0-9]{0,27}|[1-9]0{0,27}|)$/),
    fc.stringMatching(/^([0-9]{10}|0{6}[0-9]{4}|[0-9]0{9})$/),
  )
  .map(([negative, whole, fraction]) => `${negative ? '-' : ''}${whole || '0'}.${fraction}`)

/** With digits and white space that JavaScript would not keep. */
const jsonTexts = fc.constantFrom(
  '{"a": 1.10, "b": [12345678901234567890.10]}',
  ' [1e2, -0.0] ',
  '"\u00e9ø"',
  `"${'ø'.repeat(5000)}"`,
)

const types: readonly [ColumnType, fc.Arbitrary<Sample>][] = [
  [{ kind: 'smallint' }, of(fc.integer({ min: -0x8000, max: 0x7fff }))],
  [{ kind: 'integer' }, of(fc.integer())],
  [
    { kind: 'bigint' },
    of(
      fc.oneof(
        fc.bigInt(-INT64_MAX - 1n, INT64_MAX),
        fc.constantFrom(-1n, 0n, INT64_MAX, -INT64_MAX - 1n),
      ),
    ),
  ],
  [
    { kind: 'numeric', precision: 38, scale: 10 },
    of(
      fc.oneof(
        decimals,
        fc.constantFrom('NaN', '0', '-0.0', '7', '10000', '0.0001', '-99999999.9999'),
      ),
    ),
  ],
  [
    { kind: 'double' },
    fc
      .oneof(fc.double(), fc.constantFrom(-0, 5e-324, NaN, Infinity, -Infinity))
      .map((value) => ({ value, literal: Object.is(value, -0) ? '-0' : String(value) })),
  ],
  [{ kind: 'boolean' }, of(fc.boolean())],
  [
    { kind: 'text' },
    of(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.string({ maxLength: 60 }),
        fc.constantFrom('', '\\.', '\\N', 'ø'.repeat(5000), 'x'.repeat(300_000)),
      ),
    ).filter(({ value }) => !String(value).includes('\0')),
  ],
  [
    { kind: 'date' },
    fc.oneof(
      fc
        .integer({ min: -2_440_588, max: 100_000_000 })
        .map((value) => ({ value, literal: dateText(value) })),
      fixed(
        { value: 2 ** 31 - 1, literal: 'infinity' },
        { value: 1 - 2 ** 31, literal: '-infinity' },
        { value: 2_145_042_905, literal: '5874897-12-31' },
        { value: -2_440_588, literal: '4714-11-24 BC' },
      ),
    ),
  ],
  [{ kind: 'timestamp' }, timestamps('')],
  [{ kind: 'timestamptz' }, timestamps('+00')],
  [
    { kind: 'time' },
    fc
      .oneof(
        fc.bigInt(0n, MICROS_PER_DAY),
        fc.constantFrom(0n, MICROS_PER_DAY, MICROS_PER_DAY - 1n),
      )
      .map((value) => ({ value, literal: `${String(value)} microseconds` })),
  ],
  [{ kind: 'uuid' }, of(fc.uuid())],
  [{ kind: 'json' }, of(fc.json())],
  [{ kind: 'jsonb' }, of(fc.oneof(fc.json(), jsonTexts).filter((text) => !text.includes('\\u')))],
  [
    { kind: 'bytea' },
    fc
      .uint8Array({ maxLength: 300 })
      .map((value) => ({ value, literal: `\\x${Buffer.from(value).toString('hex')}` })),
  ],
]

describe('binary COPY against what PostgreSQL reads from text', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let client: Client

  before(async () => {
    database = await createTestDatabase()
    client = await database.connect()
    await client.query(`SET TimeZone = 'UTC'`)
  })
  after(() => database.drop())

  for (const [type, samples] of types) {
    it(`gives the same ${type.kind} values`, async () => {
      const columns = [column('v', type)]
      const sql = columnTypeSql(type)
      await client.query(`CREATE TEMP TABLE copied (_position bigint, v ${sql})`)
      const withNulls = fc.array(fc.option(samples, { nil: { value: null, literal: null } }), {
        minLength: 1,
        maxLength: 300,
      })
      const property = fc.asyncProperty(withNulls, async (values) => {
        await client.query('TRUNCATE copied')
        const rows = values.map(({ value }) => [value])
        const part = copyBinary({ columns, chunks: partOf(columns, rows), partNumber: 7 })
        await pipeline(part.bytes, client.query(copyFrom('COPY copied FROM STDIN (FORMAT binary)')))
        const { rows: differing } = await client.query(
          `SELECT c.v::text AS copied, read.v::text AS read, ordinality - 1 AS row
             FROM unnest($1::text[]) WITH ORDINALITY AS literals (literal, ordinality)
             CROSS JOIN LATERAL (SELECT ${type.kind === 'time' ? `CASE literal WHEN '86400000000 microseconds' THEN time '24:00' ELSE time '00:00' + literal::interval END` : `literal::${sql}`} AS v) AS read
             FULL JOIN copied c ON c._position = (7::bigint << 32) + ordinality - 1
            WHERE c._position IS NULL OR c.v::text IS DISTINCT FROM read.v::text
               OR ${sql === 'json' ? 'false' : 'c.v IS DISTINCT FROM read.v'}`,
          [values.map(({ literal }) => literal)],
        )
        assert.deepEqual(differing, [])
        assert.equal(part.rowCount(), values.length)
      })
      await fc.assert(property, { numRuns: 25 })
      await client.query('DROP TABLE copied')
    })
  }
})
