import type { TextUse } from '../parquet/parquet-text-sql.ts'
import type { ReadColumn } from './column-sql.ts'

/** A field of Parquet records, and what its text is for. */
export interface ParquetField {
  /** What the field is called where rows are set aside; each is another. */
  readonly name: string
  /** Members that lead to it. */
  readonly path: readonly string[]
  readonly use: TextUse
}

export interface ParquetFields {
  /** The columns, `from` being the name of one of the fields. */
  readonly columns: readonly ReadColumn[]
  readonly fields: readonly ParquetField[]
}

/** Where the columns' values come from: one field a path and use. */
export function parquetFields(columns: readonly ReadColumn[]): ParquetFields {
  const fields = new Map<string, ParquetField>()
  const plain = new Set(columns.filter(({ path }) => path === undefined).map(({ from }) => from))
  const named = columns.map((column) => {
    const path = column.path ?? [column.from]
    const use = useOf(column)
    const name = column.path === undefined ? column.from : ['$', ...path].join('.')
    let from = name
    // Another column may read the same in another way, or be called just that.
    const isTaken = (): boolean =>
      (from !== column.from && plain.has(from)) || (fields.get(from)?.use ?? use) !== use
    if (isTaken()) from = `${name} as ${use}`
    while (isTaken()) from += "'"
    fields.set(from, { name: from, path, use })
    return { ...column, from }
  })
  return { columns: named, fields: [...fields.values()] }
}

function useOf({ type, isEvolved = false }: ReadColumn): TextUse {
  switch (type.kind) {
    case 'bytea':
      return 'bytes'
    case 'json':
    case 'jsonb':
    case 'array':
      return 'json'
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      // What is finer than a microsecond needs another type then.
      return isEvolved ? 'text' : 'moment'
    default:
      return 'text'
  }
}
