import type { DuckDBConnection } from '@duckdb/node-api'
import type { RecordsFile } from './convert-records.ts'
import { queryTexts } from './query-texts.ts'
import { jsonObjectBytes, readerSql } from './reader-sql.ts'
import { isSqlName, literal } from './sql-text.ts'

/** More fields than these are not looked through in one statement. */
const maxCounted = 500

/** Names of the top-level members of JSON records, each once. */
export async function memberNames(
  connection: DuckDBConnection,
  { path, longestRecordBytes }: RecordsFile,
): Promise<string[]> {
  const rows = await queryTexts(
    connection,
    `SELECT DISTINCT unnest(json_keys(json)) FROM read_ndjson_objects(${literal(path)},
       maximum_object_size = ${jsonObjectBytes(longestRecordBytes)}, compression = 'uncompressed')`,
  )
  return rows.map(([name = '']) => name)
}

/** Which of the fields have a value, not NULL, in some record; all of them where that cannot be told. */
export async function fieldsWithValues(
  connection: DuckDBConnection,
  records: RecordsFile,
  names: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const fields = [...names]
  if (fields.length === 0 || fields.length > maxCounted) return names
  if (!fields.every(isSqlName)) return names
  const counts = fields.map((_, index) => `count(f${index}) > 0`)
  try {
    const reader = readerSql(fields, records)
    const [row = []] = await queryTexts(connection, `SELECT ${counts.join(', ')} FROM ${reader}`)
    return new Set(fields.filter((_, index) => row[index] === 'true'))
  } catch (error) {
    // A record that is refused only where that field is read.
    if (error instanceof Error && /^(Invalid Input|Conversion) Error/.test(error.message)) {
      return names
    }
    throw error
  }
}
