import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { convertParquet } from './convert-parquet.ts'

const own = fileURLToPath(new URL('../../fixtures/parquet/', import.meta.url))
/** Files that other writers made; they are not part of the project. */
const foreign = fileURLToPath(
  new URL('../../../../shared/cases/inputs/real_parquet/', import.meta.url),
)

/** What pyarrow reads in a file: numbers as strings, maps as lists of pairs. */
const expectedFile = z.object({
  rows: z.number(),
  schema: z.array(z.tuple([z.string(), z.string()])),
  data: z.array(
    z.tuple([
      z.string(),
      z.union([z.array(z.unknown()), z.object({ text: z.array(z.string().nullable()) })]),
    ]),
  ),
})

describe('every value that pyarrow reads in', () => {
  const bed = useDuckDb()
  for (const folder of [own, foreign]) {
    if (!existsSync(folder)) {
      test('files of other writers', { skip: 'there are none here' }, () => undefined)
      continue
    }
    const names = readdirSync(folder).filter((name) => name.endsWith('.expected.json'))
    for (const name of names.filter((file) => !file.startsWith('zero_bytes'))) {
      const file = name.replace('.expected.json', '.parquet')
      test(`${file} is what we read`, async () => {
        const expected = expectedFile.parse(JSON.parse(await readFile(folder + name, 'utf8')))
        const declared = expected.schema.map(([column, type]) => [
          column,
          /[<]/.test(type) ? 'json' : 'text',
        ])
        const { rows, rejectCount } = await convertParquet(
          bed,
          [await readFile(folder + file)],
          Object.fromEntries(declared),
        )
        assert.deepEqual([rows.length, rejectCount], [expected.rows, 0])
        for (const [column, [title, values]] of expected.data.entries()) {
          const texts = Array.isArray(values) ? values : values.text
          const isNested = declared[column]?.[1] === 'json'
          for (const [row, value] of texts.entries()) {
            const found = rows[row]?.[column] ?? null
            const read: unknown = isNested && found !== null ? JSON.parse(found) : found
            assertSame(read, value, `${title}[${row}]`)
          }
        }
      })
    }
  }
})

function assertSame(found: unknown, expected: unknown, at: string): void {
  if (Array.isArray(expected)) {
    const pairs = entriesOf(found, expected)
    assert.equal(pairs.length, expected.length, at)
    for (const [index, value] of expected.entries()) {
      assertSame(pairs[index], value, `${at}[${index}]`)
    }
    return
  }
  if (typeof expected === 'object' && expected !== null) {
    assert.ok(typeof found === 'object' && found !== null, at)
    const members = Object.entries(expected)
    const foundMembers = new Map(Object.entries(found))
    assert.deepEqual([...foundMembers.keys()], Object.keys(expected), at)
    for (const [name, value] of members) assertSame(foundMembers.get(name), value, `${at}.${name}`)
    return
  }
  assert.equal(typeof expected === 'string' ? plain(String(found)) : found, plain(expected), at)
}

/** Of a map, as an object or as a list of entries: pairs of key and value. */
function entriesOf(found: unknown, expected: readonly unknown[]): readonly unknown[] {
  if (!Array.isArray(found)) return Object.entries(found ?? {})
  const isMap = found.length > 0 && found.every((entry: unknown) => isEntry(entry))
  if (!isMap || !expected.every((entry) => Array.isArray(entry))) return found
  return found.map((entry: object) => Object.values(entry))
}

function isEntry(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'key' in value && 'value' in value
}

/** pyarrow prints a small decimal with an exponent, a time with all digits and no zone. */
function plain<T>(value: T): T | string {
  if (typeof value !== 'string') return value
  const [, digits, exponent] = /^(-?\d+)E-(\d+)$/.exec(value) ?? []
  if (digits !== undefined) {
    const places = Number(exponent)
    const unsigned = digits.replace('-', '').padStart(places + 1, '0')
    const sign = digits.startsWith('-') ? '-' : ''
    return `${sign}${unsigned.slice(0, -places)}.${unsigned.slice(-places)}`
  }
  if (value === 'True' || value === 'False') return value.toLowerCase()
  if (/^\d{4,}-\d\d-\d\d /.test(value)) {
    return value.replace(/\+00$/, '').replace(/\.0+$|(\.\d*[1-9])0+$/, '$1')
  }
  return value.replace(/^(-?\d+)\.0$/, '$1')
}
