import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { zstdDecompressSync } from 'node:zlib'
import type { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { DuckDb } from '../../../activities/conversion/duck-db.ts'
import { readPart } from '../../../activities/conversion/read-part.ts'
import type { ColumnDefinition, ColumnType } from '../../../activities/pipeline-definition.ts'
import type { TextFormat } from '../../../activities/source-definition.ts'
import { columnTypeSql } from '../../../src/targets/postgres/column-type-sql.ts'
import { copyBinary } from '../../../src/targets/postgres/copy-binary-encoder.ts'
import { convertIntoFolder } from '../../support/convert-into-folder.ts'

/** What became of a text: a value, as PostgreSQL prints it, or nothing for a reason. */
export type Outcome = { readonly value: string | null } | { readonly refused: string }

/**
 * What a load makes of each field, given as the source writes it (a JSON value, or a CSV field):
 * records, conversion, Parquet, COPY and table, as in a run.
 *
 * @param shown What to show of the column `v`, as SQL.
 */
export async function loadLiterals(
  { duckDb, client }: { readonly duckDb: DuckDb; readonly client: Client },
  format: TextFormat,
  type: ColumnType,
  fields: readonly string[],
  shown = 'v',
): Promise<Outcome[]> {
  const columns: readonly ColumnDefinition[] = [
    { name: 'id', type: { kind: 'integer' }, from: 'id', key: true },
    { name: 'v', type, from: 'v', key: false },
  ]
  const folder = await mkdtemp(join(tmpdir(), 'claimcheck-literals-'))
  try {
    const body = bodyOf(format, fields)
    const converted = await convertIntoFolder(duckDb, format, columns, [body], folder)
    const { rejectCount, partPath, rejectsPath } = converted
    return await duckDb.withConnection(AbortSignal.timeout(60_000), async (connection) => {
      const outcomes = new Map<number, Outcome>()
      if (rejectCount > 0) {
        for (const line of zstdDecompressSync(await readFile(rejectsPath))
          .toString()
          .trim()
          .split('\n')) {
          const { record, reason } = JSON.parse(line) as { record: number; reason: string }
          outcomes.set(record, { refused: reason.replace(/^v: /, '') })
        }
      }
      await client.query(
        `CREATE TEMP TABLE loaded (_position bigint, id integer, v ${columnTypeSql(type)})`,
      )
      const { bytes } = copyBinary({
        columns,
        chunks: readPart(connection, partPath, columns),
        partNumber: 0,
      })
      await pipeline(bytes, client.query(copyFrom('COPY loaded FROM STDIN (FORMAT binary)')))
      const { rows } = await client.query<{ id: number; value: string | null }>(
        `SELECT id, (${shown})::text AS value FROM loaded`,
      )
      for (const { id, value } of rows) outcomes.set(id, { value })
      await client.query('DROP TABLE loaded')
      return fields.map((_, index) => {
        const outcome = outcomes.get(index)
        if (outcome === undefined) throw new Error(`row ${index} is lost`)
        return outcome
      })
    })
  } finally {
    await rm(folder, { recursive: true })
  }
}

function bodyOf(format: TextFormat, fields: readonly string[]): string {
  if (format === 'csv') {
    return `id,v\n${fields.map((field, id) => `${id},${field}\n`).join('')}`
  }
  const records = fields.map((field, id) => `{"id":${id},"v":${field}}`)
  return format === 'json' ? `[${records.join(',\n')}]` : records.join('\n')
}

/** What PostgreSQL itself makes of the texts. */
export async function readByPostgres(
  client: Client,
  type: ColumnType,
  literals: readonly string[],
): Promise<Outcome[]> {
  const sql = columnTypeSql(type)
  const outcomes: Outcome[] = []
  for (const literal of literals) {
    try {
      const { rows } = await client.query<{ value: string }>(
        `SELECT $1::text::${sql}::text AS value`,
        [literal],
      )
      outcomes.push({ value: rows[0]?.value ?? null })
    } catch (error) {
      outcomes.push({ refused: error instanceof Error ? error.message : 'an error' })
    }
  }
  return outcomes
}
