import assert from 'node:assert/strict'
import { mkdtemp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { zstdDecompressSync } from 'node:zlib'
import type { ConvertedPages } from '../../../activities/conversion/convert-pages.ts'
import { literal } from '../../../activities/conversion/sql-text.ts'
import type { ColumnDefinition, SchemaRule } from '../../../activities/pipeline-definition.ts'
import { parseColumnType } from '../../../src/pipeline/column-type.ts'
import { convertIntoFolder } from '../../support/convert-into-folder.ts'
import type { TestDuckDb } from '../../support/use-duck-db.ts'

/** A column's type, or its type and where it comes from. */
export type Declared = string | readonly [type: string, from: string]

export interface ConvertedParquet extends ConvertedPages {
  /** Of the part, as DuckDB prints its values. */
  readonly rows: readonly (readonly (string | null)[])[]
  readonly rejects: readonly Readonly<Record<string, unknown>>[]
}

export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/parquet/${name}`, import.meta.url))
}

export function parquetFixture(name: string): Promise<Buffer> {
  return readFile(fixturePath(name))
}

/** What a load makes of Parquet files that are the pages of one batch. */
export async function convertParquet(
  bed: TestDuckDb,
  files: readonly Buffer[],
  declared: Readonly<Record<string, Declared>>,
  schema?: SchemaRule,
): Promise<ConvertedParquet> {
  const columns = Object.entries(declared).map(([name, column]) =>
    typeof column === 'string' ? toColumn(name, column, name) : toColumn(name, ...column),
  )
  const folder = await mkdtemp(join(bed.folder, 'parquet-'))
  const made = await convertIntoFolder(bed.duckDb, 'parquet', columns, files, folder, schema)
  const rows = await bed.duckDb.withConnection(AbortSignal.timeout(60_000), async (connection) => {
    const read = await connection.runAndReadAll(
      `SELECT COLUMNS(*)::VARCHAR FROM read_parquet(${literal(made.partPath)})`,
    )
    return read.getRowsJson().map((row) => row.map((value) => textOrNull(value)))
  })
  const lines = made.rejectCount === 0 ? [] : await readLines(made.rejectsPath)
  const rejects = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.equal(rejects.length, made.rejectCount)
  return { ...made, rows, rejects }
}

/** Shows the first row that differs: to show how thousands do takes minutes. */
export function assertSameRows(rows: readonly unknown[], expected: readonly unknown[]): void {
  assert.equal(rows.length, expected.length)
  const differs = rows.findIndex((row, index) => !isDeepStrictEqual(row, expected[index]))
  if (differs !== -1) assert.deepEqual(rows[differs], expected[differs], `row ${differs}`)
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

async function readLines(path: string): Promise<string[]> {
  return zstdDecompressSync(await readFile(path))
    .toString()
    .trim()
    .split('\n')
}

function toColumn(name: string, text: string, from: string): ColumnDefinition {
  const parsed = parseColumnType(text)
  if (!('value' in parsed)) throw new Error(parsed.problem)
  const path = from.startsWith('$.') ? { path: from.slice(2).split('.') } : {}
  return { name, from, type: parsed.value, key: false, ...path }
}
