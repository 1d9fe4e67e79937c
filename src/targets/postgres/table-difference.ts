import { quoteColumn } from './sql-name.ts'

/** A column as a load writes it. */
export interface WantedColumn {
  readonly name: string
  /** As PostgreSQL itself writes it (`format_type`). */
  readonly type: string
  /** Whether it is part of the key, or takes no NULL: rows that are there could have no value. */
  readonly required: boolean
  /** Whether the load itself writes it, and not the pipeline's columns. */
  readonly own: boolean
  /** Whether it writes NULL there by itself. */
  readonly writesNull: boolean
}

/** What keeps the columns of a load from going into a table as they are. */
export type TableDifference = { readonly sentence: string } & (
  | { readonly kind: 'missing-column'; readonly column: WantedColumn }
  | {
      readonly kind: 'narrower-type'
      readonly column: WantedColumn
      /** The collation that it keeps, as SQL, where that is not the database's own. */
      readonly collation: string | null
      /** Whether PostgreSQL refuses to change it, for the reason in the sentence. */
      readonly fixed: boolean
    }
  | {
      readonly kind: 'other-type' | 'generated' | 'not-null' | 'undeclared-not-null'
      readonly name: string
    }
  | { readonly kind: 'inherited-columns' | 'no-unique-index-possible' | 'followers' }
  | { readonly kind: 'no-unique-index'; readonly key: readonly string[] }
)

/**
 * Whether a load may resolve it by altering the table, and so that no value of the table changes.
 *
 * @param rows Whether the table may have some, which then have no key.
 */
export function isEvolvable(difference: TableDifference, rows: 'perhaps' | 'none'): boolean {
  switch (difference.kind) {
    case 'missing-column':
      return !difference.column.required || rows === 'none'
    case 'narrower-type':
      return !difference.fixed
    case 'no-unique-index':
      return rows === 'none'
    default:
      return false
  }
}

/** The part of an `ALTER TABLE` that resolves the difference, where one does. */
export function alterClause(difference: TableDifference): string | undefined {
  switch (difference.kind) {
    case 'missing-column': {
      const { name, type, required } = difference.column
      return `ADD COLUMN ${quoteColumn(name)} ${type}${required ? ' NOT NULL' : ''}`
    }
    case 'narrower-type': {
      const { name, type } = difference.column
      const column = quoteColumn(name)
      // Without it the column would have the database's own from now on, and its indexes too.
      const collate = difference.collation === null ? '' : ` COLLATE ${difference.collation}`
      return `ALTER COLUMN ${column} TYPE ${type}${collate} USING ${column}::${type}`
    }
    case 'not-null':
      return `ALTER COLUMN ${quoteColumn(difference.name)} DROP NOT NULL`
    case 'no-unique-index':
      return `ADD UNIQUE (${difference.key.map(quoteColumn).join(', ')})`
    default:
      return undefined
  }
}
