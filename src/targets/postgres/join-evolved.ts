import { isSameType, joinTypes } from '../../../activities/evolution/join-types.ts'
import type { ColumnDefinition } from '../../../activities/pipeline-definition.ts'
import { columnTypeSql } from './column-type-sql.ts'
import { recordedColumns } from './evolved-columns.ts'
import type { PublishRequest } from './postgres-requests.ts'
import type { Session } from './sessions.ts'
import { quoteColumn } from './sql-name.ts'
import { stagingTable } from './staging-table.ts'
import { WRITTEN_AS } from './written-as.ts'

/**
 * The request with its undeclared columns as wide as loads that were published since it was staged have
 * made them. Each of two loads side by side has seen other values of a field, and the later takes those
 * of both: it ends as if it had come first. The session must hold the table's lock.
 */
export async function joinEvolved(
  session: Session,
  request: PublishRequest,
): Promise<PublishRequest> {
  const { evolvedColumns = [] } = request
  if (evolvedColumns.length === 0) return request
  const widened = new Map<string, ColumnDefinition>()
  for (const recorded of await recordedColumns(session, request)) {
    const own = evolvedColumns.find(
      ({ name, from }) => name === recorded.name && from === recorded.from,
    )
    if (own === undefined) continue
    const type = joinTypes(recorded.type, own.type)
    if (!isSameType(type, own.type)) widened.set(own.name, { ...own, type })
  }
  if (widened.size === 0) return request
  const widen = (column: ColumnDefinition): ColumnDefinition => {
    const type = widened.get(column.name)?.type
    return type === undefined ? column : { ...column, type }
  }
  return {
    ...request,
    columns: request.columns.map(widen),
    evolvedColumns: evolvedColumns.map(widen),
  }
}

/** Gives staging the columns of a request that was joined, its values as those of a table become wider ones. */
export async function widenStaged(
  session: Session,
  staged: PublishRequest,
  joined: PublishRequest,
): Promise<void> {
  const clauses = joined.columns
    .filter(({ type }, index) => type !== staged.columns[index]?.type)
    .map(({ name, type }) => {
      const column = quoteColumn(name)
      return `ALTER COLUMN ${column} TYPE ${columnTypeSql(type)} USING ${column}::${columnTypeSql(type)}`
    })
  if (clauses.length === 0) return
  await session.query(
    `${WRITTEN_AS}; ALTER TABLE ${stagingTable(joined.datasetId)} ${clauses.join(', ')}`,
  )
}
