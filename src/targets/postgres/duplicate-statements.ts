import type { ColumnDefinition } from '../../../activities/pipeline-definition.ts'
import { orderValue } from './compare-rows.ts'
import { type LoadTables, namedColumn } from './load-tables.ts'
import { POSITION_COLUMN, quoteColumn } from './sql-name.ts'

/** The statements that leave one row of each key in staging: the one that wins. */
export function duplicateStatements({
  staging,
  columns,
  tableColumns = [],
  orderBy,
}: Pick<LoadTables, 'staging' | 'columns' | 'tableColumns' | 'orderBy'>) {
  const keys = columns.filter(({ key }) => key)
  const keyNames = keys.map(({ name }) => name)
  const collations = new Map(tableColumns.map(({ name, collation }) => [name, collation]))
  // What is one key to the table is to be one in staging. In joins its collation wins by itself.
  const groups = keyNames.map((name) => {
    const collation = collations.get(name) ?? null
    return quoteColumn(name) + (collation === null ? '' : ` COLLATE ${collation}`)
  })
  const order = orderBy === undefined ? undefined : namedColumn(columns, orderBy, 'order_by')
  const names = keyNames.map(quoteColumn)
  const only = keys.length === 1 ? keys[0] : undefined
  const sortable = only && sortableKey(only, collations.get(only.name) ?? null)

  return {
    analyze: `ANALYZE ${staging} (${[POSITION_COLUMN, ...names].join(', ')})`,

    /** One row: `rows` staged, and the `keys` among them. */
    countKeys:
      sortable === undefined
        ? `SELECT coalesce(sum(n), 0)::text AS rows, count(*)::text AS keys
  FROM (SELECT count(*) AS n FROM ${staging} GROUP BY ${groups.join(', ')}) AS k`
        : `SELECT count(*)::text AS rows, count(DISTINCT ${sortable})::text AS keys FROM ${staging}`,

    deleteDuplicates:
      order === undefined
        ? `DELETE FROM ${staging} s
 USING (SELECT ${groups.map((group, index) => `${group} AS k${index}`).join(', ')},
               max(${POSITION_COLUMN}) AS winner
          FROM ${staging} GROUP BY ${groups.join(', ')} HAVING count(*) > 1) d
 WHERE ${names.map((name, index) => `s.${name} = d.k${index}`).join(' AND ')}
   AND s.${POSITION_COLUMN} <> d.winner`
        : `DELETE FROM ${staging} s
 USING (SELECT ${POSITION_COLUMN} AS loser, row_number() OVER (
                 PARTITION BY ${groups.join(', ')}
                 ORDER BY ${orderValue(order)} DESC NULLS LAST, ${POSITION_COLUMN} DESC) AS place
          FROM ${staging}) d
 WHERE s.${POSITION_COLUMN} = d.loser AND d.place > 1`,
  }
}

/**
 * The key as an expression whose values are sorted in less time than they are grouped: 0.1 to 0.2 s
 * instead of 0.5 to 0.7 s for 1,000,000 numbers. Texts are told apart by their bytes in all collations
 * that a column does not name itself.
 */
function sortableKey(
  { name, type }: ColumnDefinition,
  collation: string | null,
): string | undefined {
  switch (type.kind) {
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
    case 'uuid':
      return quoteColumn(name)
    case 'text':
      return collation === null ? `${quoteColumn(name)} COLLATE "C"` : undefined
    default:
      return undefined
  }
}
