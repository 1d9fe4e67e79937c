import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { readPart } from '../../../activities/conversion/read-part.ts'
import type { ColumnDefinition, ColumnType } from '../../../activities/index.ts'
import { plainColumnKinds } from '../../../activities/pipeline-definition.ts'
import { parseColumnType } from '../../../src/pipeline/column-type.ts'
import { convertIntoFolder } from '../../support/convert-into-folder.ts'
import { ParquetReader } from '../../support/parquet-witness.ts'
import { readByPyarrow } from '../../support/pyarrow-witness.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'

/** Fields as CSV has them, and what they must be for every reader, as text. */
const samples: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  smallint: [
    ['-32768', '-32768'],
    ['32767', '32767'],
  ],
  integer: [
    ['-2147483648', '-2147483648'],
    ['2147483647', '2147483647'],
  ],
  bigint: [
    ['-9223372036854775808', '-9223372036854775808'],
    ['9007199254740993', '9007199254740993'],
  ],
  'numeric(4, 2)': [
    ['-12.34', '-12.34'],
    ['99.99', '99.99'],
  ],
  'numeric(18, 3)': [
    ['-12345678901.250', '-12345678901.250'],
    ['0.001', '0.001'],
  ],
  'numeric(38, 10)': [
    ['-9999999999999999999999999999.9999999999', '-9999999999999999999999999999.9999999999'],
    ['1e-10', '0.0000000001'],
  ],
  double: [
    ['0.1', '0.1'],
    ['5e-324', '5e-324'],
  ],
  boolean: [
    ['true', 'true'],
    ['f', 'false'],
  ],
  text: [
    ['é😀', 'é😀'],
    ['""', ''],
  ],
  date: [
    ['0001-01-01', '-719162'],
    ['9999-12-31', '2932896'],
  ],
  time: [
    ['24:00', '86400000000'],
    ['00:00:00.000001', '1'],
  ],
  timestamp: [
    ['9999-12-31T23:59:59.999999', '253402300799999999'],
    ['1969-12-31T23:59:59.999999', '-1'],
  ],
  timestamptz: [
    ['2001-02-03T04:05:06.123456+05:30', '981153306123456'],
    ['0001-01-01', '-62135596800000000'],
  ],
  uuid: [
    ['A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    ['ffffffffffffffffffffffffffffffff', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  ],
  json: [
    ['"{""a"": 1.10}"', '{"a": 1.10}'],
    ['null', 'null'],
  ],
  jsonb: [
    ['"[1e400, ""\\u00e9""]"', '[1e400, "\\u00e9"]'],
    ['0', '0'],
  ],
  bytea: [
    ['\\x00ff', '00ff'],
    ['AQID', '010203'],
  ],
}

const columns: readonly ColumnDefinition[] = Object.keys(samples).map((name, index) => {
  const parsed = parseColumnType(name)
  if (!('value' in parsed)) throw new Error(parsed.problem)
  return { name: `c${index}`, from: `f${index}`, type: parsed.value, key: false }
})
const nothing = columns.map(() => null)
const texts = Object.values(samples)
const expected = [...[0, 1].map((row) => texts.map((rows) => rows[row]?.[1] ?? null)), nothing]

describe('a part of every type', () => {
  const bed = useDuckDb()
  let partPath: string

  before(async () => {
    const rows = [0, 1].map((row) => texts.map((fields) => quoted(fields[row]?.[0])))
    const lines = [columns.map(({ from }) => from), ...rows, columns.map(() => '')]
    const body = lines.map((fields) => `${fields.join(',')}\n`).join('')
    const converted = await convertIntoFolder(bed.duckDb, 'csv', columns, [body], bed.folder)
    assert.equal(converted.firstReject, undefined)
    partPath = converted.partPath
  })

  test('has all of them', () => {
    const kinds = new Set(columns.map(({ type }) => type.kind))
    assert.deepEqual(kinds, new Set([...plainColumnKinds, 'numeric']))
  })

  test('reads as what was written', async () => {
    const rows = await bed.duckDb.withConnection(
      AbortSignal.timeout(60_000),
      async (connection) => {
        const chunks = await Array.fromAsync(readPart(connection, partPath, columns))
        return chunks.flatMap((chunk) =>
          Array.from({ length: chunk.rowCount }, (_, row) =>
            chunk.columns.map((vector) => {
              assert.ok(vector.form !== 'list')
              const value = vector.values[row]
              if (vector.nulls[row] === 1) return null
              if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
              return vector.form === 'boolean' ? String(value === 1) : String(value)
            }),
          ),
        )
      },
    )
    assert.deepEqual(rows, expected)
  })

  test('is the same to parquetjs', async () => {
    const reader = await ParquetReader.openFile(partPath)
    const cursor = reader.getCursor()
    for (const wanted of expected) {
      const row = (await cursor.next()) as Record<string, unknown>
      const shown = columns.map(({ name, type }) => asShown(type, row[name]))
      assert.deepEqual(
        shown,
        wanted.map((text, index) => asKept(columns[index]?.type, text)),
      )
    }
    assert.equal(await cursor.next(), null)
    await reader.close()
  })

  test('is the same to pyarrow', (context) => {
    const read = readByPyarrow(context, [partPath])
    if (read === undefined) return
    const rows = JSON.parse(read[0] ?? '') as unknown[][]
    const wanted = expected.map((row) =>
      row.map((text, index) =>
        columns[index]?.type.kind === 'double' && text !== null ? Number(text) : text,
      ),
    )
    assert.deepEqual(rows, wanted)
  })
})

function quoted(field = ''): string {
  return field.startsWith('"') ? field : `"${field}"`
}

/** parquetjs gives times as dates of JavaScript, which have milliseconds. */
function asKept(type: ColumnType | undefined, text: string | null): string | null {
  if (text === null || (type?.kind !== 'timestamp' && type?.kind !== 'timestamptz')) return text
  return String(Math.trunc(Number(BigInt(text) / 1000n)))
}

function asShown(type: ColumnType, value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (value instanceof Date) {
    const milliseconds = value.getTime()
    return String(type.kind === 'date' ? milliseconds / 86_400_000 : milliseconds)
  }
  if (type.kind === 'numeric') {
    return Buffer.isBuffer(value) ? unscaled(value, type.scale) : Number(value).toFixed(type.scale)
  }
  if (!Buffer.isBuffer(value)) return `${value as string | number | bigint | boolean}`
  const hex = value.toString('hex')
  if (type.kind === 'bytea') return hex
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** A big-endian integer as a decimal. */
function unscaled(bytes: Buffer, scale: number): string {
  const value = BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`))
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
