import { escapeLiteral } from 'pg'
import type { PostgresTargetDefinition } from '../../../activities/pipeline-definition.ts'
import type { Session } from './sessions.ts'
import { quoteTable } from './sql-name.ts'

/**
 * Locks a table until the session's transaction ends. Its name is looked up by a statement before: LOCK that
 * looks it up itself keeps a snapshot of the catalog while it waits, and `CREATE INDEX CONCURRENTLY`, which
 * it may be waiting for, waits for all snapshots that are older than its own. PostgreSQL would take that for a
 * deadlock and end the building of the index.
 *
 * @throws PipelineError TARGET_BUSY, retryable, when the lock does not come in time
 */
export async function lockTable(
  session: Session,
  target: Pick<PostgresTargetDefinition, 'schema' | 'table'>,
  mode: 'SHARE ROW EXCLUSIVE' | 'ACCESS EXCLUSIVE',
): Promise<void> {
  const table = quoteTable(target)
  // Not with a parameter: the portal of such a query keeps its snapshot until the next one.
  await session.query(`SELECT has_table_privilege(${escapeLiteral(table)}, 'SELECT')`)
  await session.query(`LOCK TABLE ${table} IN ${mode} MODE`)
}
