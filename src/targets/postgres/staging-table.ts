import type { DatasetId } from '../../../activities/load-target.ts'
import type { ColumnDefinition } from '../../../activities/pipeline-definition.ts'
import { columnTypeSql } from './column-type-sql.ts'
import type { Session } from './sessions.ts'
import { POSITION_COLUMN, quoteColumn, quoteTable } from './sql-name.ts'

export const STAGING_SCHEMA = 'claimcheck_staging'

/** Rows a part can hold: a row's position is `partNumber * ROWS_PER_PART + row`. */
export const ROWS_PER_PART = 2 ** 32

/** The dataset's staging table, as an SQL identifier. */
export function stagingTable(datasetId: DatasetId): string {
  return quoteTable({ schema: STAGING_SCHEMA, table: `d_${datasetId.replaceAll('-', '')}` })
}

/** Scratch table of the transaction that publishes the dataset; no other session ever sees it. */
export function changesTable(datasetId: DatasetId): string {
  return quoteTable({ schema: STAGING_SCHEMA, table: `c_${datasetId.replaceAll('-', '')}` })
}

/**
 * Makes the dataset's staging table. Not logged and without an index: it can be filled again from
 * the dataset's parts. Not vacuumed in the background: `publish` analyzes it when it is complete.
 * Key columns refuse NULL, which no merge could match.
 */
export function createStagingTable(
  datasetId: DatasetId,
  columns: readonly ColumnDefinition[],
): string {
  const list = columns.map(
    ({ name, type, key }) => `${quoteColumn(name)} ${columnTypeSql(type)}${key ? ' NOT NULL' : ''}`,
  )
  return `CREATE UNLOGGED TABLE IF NOT EXISTS ${stagingTable(datasetId)} (
  ${POSITION_COLUMN} bigint NOT NULL,
  ${list.join(',\n  ')}
) WITH (autovacuum_enabled = false, toast.autovacuum_enabled = false)`
}

/** Removes all that is staged of a dataset. The session must hold the dataset's lock alone. */
export async function dropStaging(session: Session, datasetId: DatasetId): Promise<void> {
  await session.query(`DROP TABLE IF EXISTS ${stagingTable(datasetId)}`)
  await session.query('DELETE FROM claimcheck.staged_parts WHERE dataset_id = $1', [datasetId])
}
