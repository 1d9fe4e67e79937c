import type { ExtractedField } from '../json/extract-fields.ts'
import type { ColumnDefinition } from '../pipeline-definition.ts'
import type { SourceFormat } from '../source-definition.ts'
import type { ReadColumn } from './column-sql.ts'

export interface RecordFields {
  /** The columns, `from` being what the field is called in the records given to DuckDB. */
  readonly columns: readonly ReadColumn[]
  /** What has to be added to each record under such a name. */
  readonly extracted: readonly ExtractedField[]
}

/**
 * Where the columns' values come from. DuckDB reads plain members itself; a nested one, and JSON that
 * must stay as it was written, are taken from the bytes of the records.
 */
export function recordFields(columns: readonly ReadColumn[], format: SourceFormat): RecordFields {
  if (format === 'csv') return { columns, extracted: [] }
  const plain = new Set(columns.filter(isPlain).map(({ from }) => from))
  const extracted = new Map<string, ExtractedField>()
  const named = columns.map((column) => {
    if (isPlain(column)) return column
    const path = column.path ?? [column.from]
    const asJson = isJson(column)
    // SQL has no NUL.
    let name = ['$', ...path].join('.').replaceAll('\0', '\\0') + (asJson ? ' as JSON' : '')
    const isOther = (found: ExtractedField | undefined): boolean =>
      found !== undefined && JSON.stringify(found.path) !== JSON.stringify(path)
    while (plain.has(name) || isOther(extracted.get(name))) name += "'"
    extracted.set(name, { name, path, asJson })
    return { ...column, from: name, isJsonText: asJson }
  })
  return { columns: named, extracted: [...extracted.values()] }
}

function isJson({ type }: ColumnDefinition): boolean {
  return type.kind === 'json' || type.kind === 'jsonb' || type.kind === 'array'
}

function isPlain(column: ColumnDefinition): boolean {
  return column.path === undefined && !isJson(column)
}
