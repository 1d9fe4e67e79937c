import type { ColumnDefinition } from '../../../activities/pipeline-definition.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { InspectedTable, TableColumn } from './inspect-table.ts'
import type { PublishRequest } from './postgres-requests.ts'
import { quoteTable } from './sql-name.ts'
import { changesTable, stagingTable } from './staging-table.ts'

/** The tables that the statements of a load are about. */
export interface LoadTables {
  /** Each of the three as an SQL identifier. */
  readonly target: string
  readonly staging: string
  /** Made and dropped by the load. */
  readonly changes: string
  readonly columns: readonly ColumnDefinition[]
  /** The target's columns, where their types may be wider than declared or their collations others. */
  readonly tableColumns?: readonly Pick<TableColumn, 'name' | 'type' | 'collation'>[] | undefined
  /** The columns of each unique index of the target, in its order. */
  readonly uniqueKeys?: InspectedTable['uniqueKeys'] | undefined
  /** Tables that inherit from the target and may repeat its keys. */
  readonly inheritors?: InspectedTable['inheritors'] | undefined
  /** Where rows of the target may go or change together with rows that the load takes away or changes. */
  readonly followed?: FollowedRows | undefined
  /** The column whose greatest value wins. @default the row that was staged last wins */
  readonly orderBy?: string | undefined
}

export interface FollowedRows {
  /** By which rows refer to those that they go or change with. */
  readonly columns: readonly string[]
  readonly onDelete: boolean
  readonly onUpdate: boolean
}

export function loadTables(
  request: Pick<PublishRequest, 'datasetId' | 'target' | 'columns'>,
  table: InspectedTable | undefined,
): LoadTables {
  const { datasetId, target, columns } = request
  return {
    target: quoteTable(target),
    staging: stagingTable(datasetId),
    changes: changesTable(datasetId),
    columns,
    tableColumns: table?.columns,
    uniqueKeys: table?.uniqueKeys,
    inheritors: table?.inheritors,
    followed: table && {
      columns: table.followedColumns,
      // Only where they lead back: else nothing of the load reaches what they refer to.
      onDelete: table.followers.length > 0,
      onUpdate: columns.some(({ name, key }) => !key && table.referredColumns.includes(name)),
    },
    orderBy: target.orderBy,
  }
}

/**
 * The declared column that a setting of the target names.
 *
 * @throws PipelineError TARGET_MISMATCH where a transform makes no such column.
 */
export function namedColumn(
  columns: readonly ColumnDefinition[],
  name: string,
  setting: 'order_by' | 'interval_column',
): ColumnDefinition {
  const column = columns.find((candidate) => candidate.name === name)
  if (column !== undefined) return column
  throw new PipelineError(
    'TARGET_MISMATCH',
    `The rows have no column ${JSON.stringify(name)}, which target.${setting} names`,
    { remedy: 'Name a column of the rows, or let the transform make it.' },
  )
}
