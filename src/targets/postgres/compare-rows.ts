import type { ColumnDefinition } from '../../../activities/pipeline-definition.ts'
import { type LoadTables, namedColumn } from './load-tables.ts'
import { quoteColumn } from './sql-name.ts'

/**
 * SQL that sets staged rows beside those of the table; each is named by its alias. A number may stand
 * in a wider column of the table, with which PostgreSQL compares it as it is.
 */
export function compareRows({
  columns,
  tableColumns = [],
  orderBy,
}: Pick<LoadTables, 'columns' | 'tableColumns' | 'orderBy'>) {
  const tableTypes = new Map(tableColumns.map(({ name, type }) => [name, type]))
  const keyNames = columns.filter(({ key }) => key).map(({ name }) => quoteColumn(name))
  const identityOf = (column: ColumnDefinition, alias: string) =>
    identity(column, `${alias}.${quoteColumn(column.name)}`, tableTypes.get(column.name))
  const order = orderBy === undefined ? undefined : namedColumn(columns, orderBy, 'order_by')

  return {
    sameKey: (left: string, right: string): string =>
      keyNames.map((name) => `${left}.${name} = ${right}.${name}`).join(' AND '),

    /** Whether any value beside the key is not the very same one. */
    differs: (staged: string, table: string): string => {
      const others = columns.filter(({ key }) => !key)
      if (others.length === 0) return 'false'
      const pairs = others.map(
        (column) => `${identityOf(column, staged)} IS DISTINCT FROM ${identityOf(column, table)}`,
      )
      return `(${pairs.join('\n    OR ')})`
    },

    /** Of each column an expression that is equal for the very same values only. */
    identities: (alias: string): string[] => columns.map((column) => identityOf(column, alias)),

    /** Whether the first has a greater value to order by, NULL being the least; never NULL itself. */
    isNewer: (first: string, second: string): string => {
      if (order === undefined) return 'false'
      const [one, other] = [orderValue(order, `${first}.`), orderValue(order, `${second}.`)]
      return `coalesce(${one} > ${other}, ${other} IS NULL AND ${one} IS NOT NULL)`
    },
  }
}

/** What a column orders rows by. Texts are compared byte by byte, whatever the database's collation. */
export function orderValue({ name, type }: ColumnDefinition, prefix = ''): string {
  return `${prefix}${quoteColumn(name)}${type.kind === 'text' ? ' COLLATE "C"' : ''}`
}

function identity({ type }: ColumnDefinition, value: string, tableType?: string): string {
  // Without a scale of its own the column may hold both 1.0 and 1.00.
  if (tableType === 'numeric') return `numeric_send(${value})`
  switch (type.kind) {
    case 'text':
      // The column's own collation may take other texts for equal.
      return `${value} COLLATE "C"`
    case 'json':
    case 'jsonb':
      // json compares with nothing, and jsonb takes 1.0 for 1.00.
      return `${value}::text COLLATE "C"`
    case 'double':
      // -0 is equal to 0.
      return `float8send(${value})`
    case 'array':
      // All of that, element by element.
      return `array_send(${value})`
    default:
      // A numeric column with a scale holds 1.00 only.
      return value
  }
}
