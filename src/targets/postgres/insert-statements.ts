import type { PostgresTargetDefinition } from '../../../activities/pipeline-definition.ts'
import { columnTypeSql } from './column-type-sql.ts'
import type { LoadTables } from './load-tables.ts'
import { ownColumns } from './own-columns.ts'
import type { OwnValues } from './own-values.ts'
import { POSITION_COLUMN, quoteColumn } from './sql-name.ts'

/** The statements that make the table and that bring every staged row into it. */
export function insertStatements(
  { target, staging, columns }: LoadTables,
  own: OwnValues,
  definition: PostgresTargetDefinition,
) {
  const names = columns.map(({ name }) => quoteColumn(name))
  const values = own.inserted(POSITION_COLUMN)
  const declarations = [
    ...columns.map(({ name, type }) => `${quoteColumn(name)} ${columnTypeSql(type)}`),
    ...ownColumns(definition).map(({ name, type, notNull }) => {
      return `${quoteColumn(name)} ${type}${notNull ? ' NOT NULL' : ''}`
    }),
  ]
  const keyNames = columns.filter(({ key }) => key).map(({ name }) => quoteColumn(name))
  const primaryKey =
    keyNames.length === 0 || definition.mode !== 'history' ? keyNames : [...keyNames, 'valid_from']

  return {
    createTable: `CREATE TABLE ${target} (\n  ${declarations.join(',\n  ')}\n)`,

    /** After the rows: an index built at once costs a third of one kept up row by row. */
    addPrimaryKey:
      primaryKey.length === 0
        ? undefined
        : `ALTER TABLE ${target} ADD PRIMARY KEY (${primaryKey.join(', ')})`,

    insertAll: `INSERT INTO ${target} (${[...names, ...values.map(({ column }) => column)].join(', ')})
SELECT ${[...names, ...values.map(({ value }) => value)].join(', ')} FROM ${staging} WHERE true`,
  }
}
