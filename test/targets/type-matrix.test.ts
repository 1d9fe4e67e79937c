import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import * as fc from 'fast-check'
import type { Client } from 'pg'
import { plainColumnKinds, type ColumnType } from '../../activities/pipeline-definition.ts'
import { useDuckDb } from '../support/use-duck-db.ts'
import { loadLiterals, readByPostgres, type Outcome } from './support/load-literals.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'
import { typeLiterals } from './support/type-literals.ts'
import { typesPage, type TypeResult } from './support/types-page.ts'

const page = new URL('../../docs/types.md', import.meta.url)
const formats = ['json', 'ndjson', 'csv'] as const

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

  const load = (format: (typeof formats)[number], type: ColumnType, fields: readonly string[]) =>
    loadLiterals({ duckDb: bed.duckDb, client }, format, type, fields)

  for (const literals of typeLiterals) {
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

      for (const format of ['json', 'ndjson'] as const) {
        // JSON that is none spoils more than its own field.
        const texts = literals.literals.filter((text) => !isJson || isJsonText(text))
        const fields = texts.map((text) => (isJson ? text : quoted[format](text)))
        const wanted = texts.map((text) => comparable(loaded[literals.literals.indexOf(text)]))
        // A member that is null is NULL.
        if (isJson) wanted[texts.indexOf('null')] = null
        assert.deepEqual((await load(format, type, fields)).map(comparable), wanted, format)

        const numbers = literals.literals.filter(isJsonNumber)
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

  it('has every type', () => {
    const kinds = new Set(typeLiterals.map(({ type }) => type.kind))
    assert.deepEqual(kinds, new Set([...plainColumnKinds, 'numeric']))
  })

  it('is what docs/types.md says', async () => {
    const text = typesPage(results)
    if (process.env['WRITE_TYPES_PAGE'] !== undefined) await writeFile(page, text)
    assert.equal(await readFile(page, 'utf8'), text)
  })

  for (const { name, type, texts } of arbitraryTexts()) {
    it(`is never another value: ${name}`, async () => {
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
          }
          assert.ok(loaded.some((outcome) => 'value' in outcome))
        },
      )
      await fc.assert(property, { numRuns: 10 })
    })
  }
})

function sameValue(ours: Outcome, theirs: Outcome | undefined): boolean {
  return theirs !== undefined && 'value' in ours && 'value' in theirs && ours.value === theirs.value
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
    /^(19|20|00|99)[0-9]{2}-[01]?[0-9]-[0-3]?[0-9]([ T][0-2][0-9]:[0-6][0-9](:[0-6][0-9](\.[0-9]{1,6})?)?(Z|[+-][01][0-9](:?[0-6][0-9])?)?)?( BC)?$/
  const times = fc.stringMatching(time)
  const plain = (kind: 'double' | 'bigint' | 'date' | 'timestamp' | 'timestamptz') =>
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
  ]
}
