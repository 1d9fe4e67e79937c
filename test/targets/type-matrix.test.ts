import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import * as fc from 'fast-check'
import type { Client } from 'pg'
import { plainColumnKinds, type ColumnType } from '../../activities/pipeline-definition.ts'
import { useDuckDb } from '../support/use-duck-db.ts'
import { loadLiterals, readByPostgres, type Outcome } from './support/load-literals.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'
import { arrayLiterals, typeLiterals } from './support/type-literals.ts'
import { typesPage, type TypeResult } from './support/types-page.ts'

const page = new URL('../../docs/types.md', import.meta.url)
const formats = ['json', 'ndjson', 'csv', 'parquet'] as const

/** As a CSV field, or a JSON text. */
const quoted = {
  csv: (text: string) => `"${text.replaceAll('"', '""')}"`,
  json: (text: string) => JSON.stringify(text),
  ndjson: (text: string) => JSON.stringify(text),
}

describe('what a load makes of a text, against what PostgreSQL makes of it', () => {
  let database: TestDatabase
  let client: Client
  const bed = useDuckDb()
  const results: TypeResult[] = []

  before(async () => {
    database = await createTestDatabase()
    client = await database.connect()
    await client.query(`SET TimeZone = 'UTC'`)
  })
  after(async () => {
    await database?.drop()
  })

  const load = (
    format: (typeof formats)[number],
    type: ColumnType,
    fields: readonly string[],
    options?: { readonly shown?: string; readonly isTyped?: boolean },
  ) => loadLiterals({ duckDb: bed.duckDb, client }, format, type, fields, options)

  for (const literals of [...typeLiterals, ...arrayLiterals]) {
    const { name, type } = literals
    it(`is the same value or a reason: ${name}`, async () => {
      const isJson = type.kind === 'json' || type.kind === 'jsonb'
      const read = await readByPostgres(client, type, literals.literals)
      const loaded = await load('csv', type, literals.literals.map(quoted.csv))
      const surprises = literals.literals.filter((literal, index) => {
        const ours = loaded[index]
        if (ours === undefined || 'refused' in ours) return ours?.refused === ''
        return sameValue(ours, read[index]) === literals.differs.includes(literal)
      })
      assert.deepEqual(surprises, [])
      results.push({ literals, loaded, read })

      const inTexts = await load('parquet', type, literals.literals)
      assert.deepEqual(inTexts.map(comparable), loaded.map(comparable), 'Parquet texts')
      // A list of texts is one of JSON strings, so of json[] what comes again is something else.
      if (type.kind !== 'array' || !['json', 'jsonb'].includes(type.element.kind)) {
        const fields = literals.literals.map(quoted.csv)
        const typed = await load('parquet', type, fields, { isTyped: true })
        assert.deepEqual(typed.map(comparable), loaded.map(comparable), 'Parquet values')
      }

      for (const format of ['json', 'ndjson'] as const) {
        // JSON that is none spoils more than its own field.
        const texts = literals.literals.filter((text) => !isJson || isJsonText(text))
        const fields = texts.map((text) => (isJson ? text : quoted[format](text)))
        const wanted = texts.map((text) => comparable(loaded[literals.literals.indexOf(text)]))
        // A member that is null is NULL.
        if (isJson) wanted[texts.indexOf('null')] = null
        assert.deepEqual((await load(format, type, fields)).map(comparable), wanted, format)

        const numbers = literals.literals.filter(type.kind === 'array' ? isJsonArray : isJsonNumber)
        assert.deepEqual(
          (await load(format, type, numbers)).map(comparable),
          numbers.map((text) => comparable(loaded[literals.literals.indexOf(text)])),
          `${format} numbers`,
        )
      }
    })

    it(`knows NULL from everything else: ${name}`, async () => {
      assert.deepEqual(await load('json', type, ['null']), [{ value: null }])
      assert.deepEqual(await load('ndjson', type, ['null']), [{ value: null }])
      assert.deepEqual(await load('csv', type, ['']), [{ value: null }])
    })
  }

  for (const { name, type, literals } of typeLiterals) {
    if (type.kind === 'array') continue
    const arrays: ColumnType = { kind: 'array', element: type }
    const isJson = type.kind === 'json' || type.kind === 'jsonb'

    it(`reads an element as it reads a value: ${name}`, async () => {
      const values = (await load('csv', type, literals.map(quoted.csv))).map(ofElement)
      const escaped = literals.map((text) => `{"${text.replaceAll(/["\\]/g, '\\$&')}"}`)
      const inCsv = await load('csv', arrays, escaped.map(quoted.csv), { shown: 'v[1]' })
      assert.deepEqual(inCsv, values)

      const texts = literals.filter((text) => !isJson || isJsonText(text))
      const elements = texts.map((text) => `[null, ${isJson ? text : JSON.stringify(text)}]`)
      const inJson = await load('ndjson', arrays, elements, { shown: 'v[2]' })
      assert.deepEqual(
        inJson.map(comparable),
        texts.map((text) =>
          isJson && text === 'null' ? null : comparable(values[literals.indexOf(text)]),
        ),
      )
    })

    it(`takes no object and no single value for an array: ${name}`, async () => {
      const fields = ['{}', '{"a": 1}', '1', 'true', '"1"', '""', '{"1": null}']
      const outcomes = fields.map(() => ({ refused: `the value is not of type ${type.kind}[]` }))
      assert.deepEqual(await load('json', arrays, fields), outcomes)
    })
  }

  it('has every type', () => {
    const kinds = new Set([...plainColumnKinds, 'numeric'])
    assert.deepEqual(new Set(typeLiterals.map(({ type }) => type.kind)), kinds)
    const elements = arrayLiterals.map(({ type }) => type.kind === 'array' && type.element.kind)
    assert.deepEqual(new Set(elements), kinds)
  })

  it('is what docs/types.md says', async () => {
    const text = typesPage(results)
    if (process.env['WRITE_TYPES_PAGE'] !== undefined) await writeFile(page, text)
    assert.equal(await readFile(page, 'utf8'), text)
  })

  for (const { name, type, texts } of arbitraryTexts()) {
    it(`is never another value: ${name}`, async () => {
      let loadedCount = 0
      const property = fc.asyncProperty(
        fc.array(texts, { minLength: 100, maxLength: 100 }),
        async (literals) => {
          const [loaded, read] = [
            await load('csv', type, literals.map(quoted.csv)),
            await readByPostgres(client, type, literals),
          ]
          for (const [index, literal] of literals.entries()) {
            const ours = loaded[index]
            if (ours === undefined || 'refused' in ours) continue
            assert.ok(sameValue(ours, read[index]), `${literal} became ${ours.value}`)
            loadedCount += 1
          }
        },
      )
      // The message names the text; to look for less of them would take minutes.
      await fc.assert(property, { numRuns: 10, endOnFailure: true })
      assert.ok(loadedCount > 0)
    })
  }
})

/** What a value is called where it is one of several. */
function ofElement(outcome: Outcome): Outcome {
  if ('value' in outcome) return outcome
  const reason = outcome.refused
    .replace(/^the value /, 'an element ')
    .replace(/^the text /, 'the text of an element ')
  return { refused: reason }
}

function sameValue(ours: Outcome, theirs: Outcome | undefined): boolean {
  return theirs !== undefined && 'value' in ours && 'value' in theirs && ours.value === theirs.value
}

function isJsonArray(text: string): boolean {
  return isJsonText(text) && text.trimStart().startsWith('[')
}

function isJsonNumber(text: string): boolean {
  return /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/.test(text)
}

/** White space around JSON is no part of it. */
function comparable(outcome: Outcome | undefined): string | null {
  if (outcome === undefined || 'refused' in outcome) return 'refused'
  return outcome.value === null ? null : `value ${outcome.value.trim()}`
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Numbers and times as sources write them, and nearly so. */
function arbitraryTexts(): { name: string; type: ColumnType; texts: fc.Arbitrary<string> }[] {
  const number = fc.stringMatching(/^[+-]?(0|[0-9]{1,25})(\.[0-9]{0,25})?([eE][+-]?[0-9]{1,2})?$/)
  const half = fc.stringMatching(/^-?[0-9]{1,3}\.[0-9]{2}(5|49|50|4999999)(e-?[0-3])?$/)
  const numbers = fc.oneof(number, half)
  const time =
    /^(19|20|00|99)[0-9]{2}-[01]?[0-9]-[0-3]?[0-9]([ T][0-2][0-9]:[0-6][0-9](:[0-6][0-9](\.[0-9]{1,9})?)?(Z|[+-][01][0-9](:?[0-6][0-9])?)?)?( BC)?$/
  const times = fc.stringMatching(time)
  const pieces = fc.constantFrom(
    '1',
    '12',
    'a',
    'NULL',
    '"',
    '""',
    '\\',
    ' ',
    ',',
    '{',
    '}',
    '\t',
    'é',
  )
  const inside = fc.array(pieces, { maxLength: 8 }).map((texts) => texts.join(''))
  const elements = fc.constantFrom('1', '"2"', 'null', '', '{}', ' -3 ', '\\4', '"a, b"')
  const arrayTexts = fc
    .oneof(
      inside,
      fc.array(elements, { maxLength: 4 }).map((texts) => texts.join(',')),
    )
    .map((text) => `{${text}}`)
  const plain = (kind: 'double' | 'bigint' | 'time' | 'date' | 'timestamp' | 'timestamptz') =>
    ({ name: kind, type: { kind } }) as const
  const decimal = { kind: 'numeric', precision: 20, scale: 2 } as const
  return [
    { name: 'numeric(20, 2)', type: decimal, texts: numbers },
    { name: 'numeric(38, 10)', type: { ...decimal, precision: 38, scale: 10 }, texts: numbers },
    { ...plain('double'), texts: numbers },
    { ...plain('bigint'), texts: fc.stringMatching(/^ ?[+-]?[0-9]{1,20}(\.0?|e1)?$/) },
    { ...plain('date'), texts: times },
    { ...plain('timestamp'), texts: times },
    { ...plain('timestamptz'), texts: times },
    {
      ...plain('time'),
      texts: fc.stringMatching(/^[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{1,12}$/),
    },
    ...(['text', 'integer'] as const).map((kind) => ({
      name: `${kind}[]`,
      type: { kind: 'array', element: { kind } } as const,
      texts: arrayTexts,
    })),
  ]
}
