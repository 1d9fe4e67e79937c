import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { zstdDecompressSync } from 'node:zlib'
import type { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { ConvertedPages } from '../../../activities/conversion/convert-pages.ts'
import type { DuckDb } from '../../../activities/conversion/duck-db.ts'
import { readPart } from '../../../activities/conversion/read-part.ts'
import type { ColumnDefinition, ColumnType } from '../../../activities/pipeline-definition.ts'
import type { SourceFormat, TextFormat } from '../../../activities/source-definition.ts'
import { columnTypeSql } from '../../../src/targets/postgres/column-type-sql.ts'
import { copyBinary } from '../../../src/targets/postgres/copy-binary-encoder.ts'
import { convertIntoFolder } from '../../support/convert-into-folder.ts'

/** What became of a text: a value, as PostgreSQL prints it, or nothing for a reason. */
export type Outcome = { readonly value: string | null } | { readonly refused: string }

/**
 * What a load makes of each field, given as the source writes it (a JSON value, or a CSV field):
 * records, conversion, Parquet, COPY and table, as in a run. Fields of `parquet` are the texts of a text
 * column; with `isTyped` they are CSV fields, and the file has the declared type: the part made of them.
 *
 * @param shown What to show of the column `v`, as SQL.
 */
export async function loadLiterals(
  { duckDb, client }: { readonly duckDb: DuckDb; readonly client: Client },
  format: SourceFormat,
  type: ColumnType,
  fields: readonly string[],
  { shown = 'v', isTyped = false }: { readonly shown?: string; readonly isTyped?: boolean } = {},
): Promise<Outcome[]> {
  const columns: readonly ColumnDefinition[] = [
    { name: 'id', type: { kind: 'integer' }, from: 'id', key: true },
    { name: 'v', type, from: 'v', key: false },
  ]
  const folder = await mkdtemp(join(tmpdir(), 'claimcheck-literals-'))
  try {
    const outcomes = new Map<number, Outcome>()
    let body: Buffer | string
    if (isTyped) {
      const first = join(folder, 'first')
      await mkdir(first)
      const made = await convertIntoFolder(duckDb, 'csv', columns, [textBody('csv', fields)], first)
      await noteRejects(made, outcomes)
      body = await readFile(made.partPath)
    } else {
      body =
        format === 'parquet'
          ? await parquetBody(duckDb, join(folder, 'texts.parquet'), fields)
          : textBody(format, fields)
    }
    const converted = await convertIntoFolder(duckDb, format, columns, [body], folder)
    const { partPath } = converted
    await noteRejects(converted, outcomes)
    return await duckDb.withConnection(AbortSignal.timeout(60_000), async (connection) => {
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

async function noteRejects(
  { rejectCount, rejectsPath }: ConvertedPages,
  outcomes: Map<number, Outcome>,
): Promise<void> {
  if (rejectCount === 0) return
  const lines = zstdDecompressSync(await readFile(rejectsPath))
    .toString()
    .trim()
  for (const line of lines.split('\n')) {
    const { record, reason } = JSON.parse(line) as { record: number; reason: string }
    outcomes.set(record, { refused: reason.replace(/^v: /, '') })
  }
}

/** A Parquet file with the texts in a text column. */
function parquetBody(duckDb: DuckDb, path: string, texts: readonly string[]): Promise<Buffer> {
  return duckDb.withConnection(AbortSignal.timeout(60_000), async (connection) => {
    await connection.run('CREATE OR REPLACE TEMP TABLE texts (id INTEGER, v VARCHAR)')
    const appender = await connection.createAppender('texts')
    for (const [id, text] of texts.entries()) {
      appender.appendInteger(id)
      appender.appendVarchar(text)
      appender.endRow()
    }
    appender.closeSync()
    await connection.run(`COPY texts TO '${path}' (FORMAT parquet)`)
    await connection.run('DROP TABLE texts')
    return readFile(path)
  })
}

function textBody(format: TextFormat, fields: readonly string[]): string {
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
