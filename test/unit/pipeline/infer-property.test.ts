import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { PipelineDefinition } from '../../../activities/index.ts'
import { columnTypeText } from '../../../src/pipeline/infer/column-type-text.ts'
import { draftColumns } from '../../../src/pipeline/infer/draft-columns.ts'
import { draftText } from '../../../src/pipeline/infer/draft-text.ts'
import { RecordSightings } from '../../../src/pipeline/infer/record-sightings.ts'
import { seeCsvRecords } from '../../../src/pipeline/infer/see-csv-records.ts'
import { seeJsonRecords } from '../../../src/pipeline/infer/see-json-records.ts'
import { parsePipelineFile } from '../../../src/pipeline/parse-pipeline-file.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { convertBodies } from '../activities/convert-bodies.ts'
import { randomTable, type RandomColumn } from './infer-tables.ts'

const bed = useDuckDb()

function ndjson(table: readonly RandomColumn[]): Buffer {
  const records = (table[0]?.tokens ?? []).map((_, row) => {
    const members = table.map(
      ({ name, tokens }) => `${JSON.stringify(name)}: ${tokens[row] ?? 'null'}`,
    )
    return `{ ${members.join(', ')} }\n`
  })
  return Buffer.from(records.join(''))
}

function csv(table: readonly RandomColumn[]): Buffer {
  const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`
  const lines = (table[0]?.tokens ?? []).map((_, row) =>
    table.map(({ tokens }) => {
      const token = tokens[row]
      if (token === undefined) return ''
      if (/^[[{]/.test(token)) return quote(token)
      return token.startsWith('"') ? quote(String(JSON.parse(token))) : token
    }),
  )
  const all = [table.map(({ name }) => quote(name)), ...lines]
  return Buffer.from(all.map((line) => `${line.join(',')}\n`).join(''))
}

/** The pipeline that somebody gets who pastes the draft; a key is added where it proposes none. */
function pasteDraft(draft: string): PipelineDefinition {
  const columns = /\bkey: true\b/.test(draft.replaceAll(/#.*$/gm, ''))
    ? draft
    : draft.replace('columns:\n', 'columns:\n  "added key": { type: text, key: true }\n')
  const source = 'source: { kind: http, url: "http://source.invalid" }'
  const target = 'target: { kind: postgres, table: drafts, mode: merge }'
  return parsePipelineFile(`name: drafts\n${source}\n${columns}${target}\n`, 'draft')
}

for (const format of ['ndjson', 'csv'] as const) {
  test(`whatever a ${format} table holds, its draft takes every record with every digit, and is no wider than need be`, async () => {
    await fc.assert(
      fc.asyncProperty(randomTable, async (table) => {
        const body = format === 'csv' ? csv(table) : ndjson(table)
        const sightings = new RecordSightings()
        if (format === 'csv') seeCsvRecords(Buffer.from(body), sightings)
        else seeJsonRecords(body, { kind: 'lines' }, sightings)
        const records = table[0]?.tokens.length ?? 0
        assert.equal(sightings.records, records)

        const draft = draftColumns(sightings)
        const { columns } = pasteDraft(draftText(draft, records))
        const own = columns.filter(({ name }) => name !== 'added key')
        for (const { name, type: jsonType } of table) {
          const isNested = jsonType === 'jsonb' || jsonType === 'objects'
          const type = format === 'csv' && isNested ? 'text' : jsonType
          const column = own.find(({ from }) => from === name)
          if (type === 'objects') {
            const isSpread = own.some(({ path }) => path?.[0] === name)
            assert.equal(column === undefined, isSpread || name.includes('${'), name)
            assert.ok(column === undefined || column.type.kind === 'jsonb', name)
            continue
          }
          const isSkipped = name.includes('${') && column === undefined
          assert.equal(isSkipped ? type : column && columnTypeText(column.type), type, name)
        }

        if (own.length === 0) return
        const converted = await convertBodies(bed.duckDb, format, own, [body])
        assert.equal(converted.rejectCount, 0, converted.firstReject)
        assert.equal(converted.rowCount, records)
        for (const [index, { from, path = [from], type }] of own.entries()) {
          if (type.kind !== 'bigint' && type.kind !== 'numeric' && type.kind !== 'text') continue
          const [field, ...members] = path
          const { tokens = [] } = table.find(({ name }) => name === field) ?? {}
          const texts = converted.rows.map((row) => plain(String(row[index])))
          assert.deepEqual(
            texts,
            tokens.map((token) => asPlain(memberOf(token, members))),
            from,
          )
        }
      }),
      { numRuns: 60 },
    )
  })
}

function memberOf(token: string | undefined, members: readonly string[]): string | undefined {
  if (token === undefined || members.length === 0) return token
  let value: unknown = JSON.parse(token)
  for (const member of members) {
    value = new Map<string, unknown>(Object.entries(value ?? {})).get(member)
  }
  return value === undefined || value === null ? undefined : JSON.stringify(value)
}

/** A number without the zeros that change nothing. */
function plain(text: string): string {
  return /^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, '').replace(/^-0$/, '0') : text
}

function asPlain(token: string | undefined): string {
  if (token === undefined) return 'null'
  if (token.startsWith('"')) return plain(String(JSON.parse(token)))
  return token === '-0' ? '0' : plain(token)
}
