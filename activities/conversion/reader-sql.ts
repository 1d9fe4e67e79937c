import type { ColumnDefinition } from '../pipeline-definition.ts'
import type { RecordsFile } from './convert-records.ts'
import { identifier, literal } from './sql-text.ts'

/** The fields that columns are made from, each once. */
export function fieldsOf(columns: readonly ColumnDefinition[]): string[] {
  return [...new Set(columns.map(({ from }) => from))]
}

/** A relation of all records in order, with the text of each field as `f0`, `f1` and so on. */
export function readerSql(fields: readonly string[], records: RecordsFile): string {
  if (records.relation !== undefined) return records.relation
  return records.format === 'csv' ? csvSql(fields, records) : jsonSql(fields, records)
}

/** DuckDB's read buffers, one a thread, are twice as large as the longest record may be. */
const leastObjectBytes = 1024 * 1024
const leastLineBytes = 2 * 1024 * 1024

function csvSql(
  fields: readonly string[],
  { header = [], longestRecordBytes, ...files }: RecordsFile,
): string {
  const lineBytes = Math.max(leastLineBytes, longestRecordBytes + 2)
  const columns = header.map((_, index) => `h${index}: 'VARCHAR'`)
  const selected = fields.map((field, index) => {
    const place = header.indexOf(field)
    return `${place === -1 ? 'NULL::VARCHAR' : `h${place}`} AS f${index}`
  })
  // Nothing is guessed: a guess from the first rows is no contract. Nor is where a record starts in
  // the middle of the file, which two threads would do.
  return `(SELECT ${selected.join(', ')} FROM read_csv(${filesSql(files)}, auto_detect = false, header = false,
    columns = {${columns.join(', ')}}, delim = ',', quote = '"', escape = '"', new_line = '\\n', nullstr = '',
    allow_quoted_nulls = false, strict_mode = true, null_padding = false, ignore_errors = false,
    max_line_size = ${lineBytes}, buffer_size = ${lineBytes * 2}, parallel = false, compression = 'uncompressed'))`
}

function jsonSql(fields: readonly string[], { longestRecordBytes, ...files }: RecordsFile): string {
  const objectBytes = jsonObjectBytes(longestRecordBytes)
  const groups = withoutTwins(fields)
  const readers = groups.map((group, reader) => {
    const columns = group.map((field) => `${literal(field)}: 'VARCHAR'`)
    return `read_json(${filesSql(files)}, format = 'newline_delimited', columns = {${columns.join(', ')}},
      maximum_object_size = ${objectBytes}, compression = 'uncompressed') AS r${reader}`
  })
  const selected = fields.map((field, index) => {
    const reader = groups.findIndex((group) => group.includes(field))
    return `r${reader}.${identifier(field)} AS f${index}`
  })
  return `(SELECT ${selected.join(', ')} FROM ${readers.join(' POSITIONAL JOIN ')})`
}

function filesSql({ path, paths = [path] }: Pick<RecordsFile, 'path' | 'paths'>): string {
  return `[${paths.map(literal).join(', ')}]`
}

/** How long DuckDB has to let a JSON record be. */
export function jsonObjectBytes(longestRecordBytes: number): number {
  return Math.max(leastObjectBytes, longestRecordBytes + 1)
}

/** One reader cannot tell fields apart that differ in case only: such twins are read side by side. */
function withoutTwins(fields: readonly string[]): string[][] {
  const groups: string[][] = []
  for (const field of fields) {
    const isTwin = (other: string): boolean => other.toLowerCase() === field.toLowerCase()
    const group = groups.find((others) => !others.some(isTwin))
    if (group === undefined) groups.push([field])
    else group.push(field)
  }
  return groups
}
