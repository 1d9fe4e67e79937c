import type { TargetRequest } from './postgres-requests.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { compareColumns } from './compare-columns.ts'
import { inspectTable } from './inspect-table.ts'
import type { Session } from './sessions.ts'
import { displayTable, quoteColumn, quoteTable } from './sql-name.ts'

export interface ResolvedTarget {
  readonly exists: boolean
  /** Collations of its text columns, as SQL, where they are not the database's own. */
  readonly collations: ReadonlyMap<string, string>
}

/**
 * Finds the target table, or that it can be made, and that the declared columns fit. Only reads.
 *
 * @throws PipelineError TARGET_MISMATCH, TARGET_NOT_WRITABLE
 */
export async function resolveTarget(
  session: Session,
  request: Pick<TargetRequest, 'target' | 'columns'>,
): Promise<ResolvedTarget> {
  const { target, columns } = request
  assertUsableNames(request)
  const { rows } = await session.query<{ usage: boolean; create: boolean; role: string }>(
    `SELECT has_schema_privilege(oid, 'USAGE') AS usage, has_schema_privilege(oid, 'CREATE') AS create,
            current_user::text AS role
       FROM pg_namespace WHERE nspname = $1`,
    [target.schema],
  )
  const schema = rows[0]
  if (schema === undefined) {
    throw notWritable(request, 'The schema does not exist', 'Create it, or correct its name.')
  }
  const { role } = schema
  if (!schema.usage) {
    throw notWritable(
      request,
      `Role ${role} may not use the schema`,
      'GRANT USAGE ON SCHEMA to it.',
    )
  }
  const table = await inspectTable(session, target)
  if (table === undefined) {
    if (schema.create) return { exists: false, collations: new Map() }
    throw notWritable(
      request,
      `The table does not exist and role ${role} may not create it`,
      'GRANT CREATE ON SCHEMA to the role, or create the table.',
    )
  }
  if (table.kind !== 'r' && table.kind !== 'p') {
    throw mismatch(
      request,
      `It is a ${KINDS[table.kind] ?? 'relation of another kind'}, not a table`,
    )
  }
  const lacking = ['SELECT', 'INSERT', 'UPDATE'].filter((p) => !table.privileges.includes(p))
  if (lacking.length > 0) {
    const grant = `GRANT ${lacking.join(', ')} ON the table to it.`
    throw notWritable(request, `Role ${role} lacks ${lacking.join(', ')} on the table`, grant)
  }
  if (table.rowSecurity) {
    throw notWritable(
      request,
      `Row-level security hides rows from role ${role}, so that a merge could not see them`,
      'Give the role BYPASSRLS, or load as the owner of the table.',
    )
  }
  const differences = compareColumns(columns, table)
  if (differences.length > 0) throw mismatch(request, differences.join('; '))
  return {
    exists: true,
    collations: new Map(
      table.columns.flatMap(({ name, collation }) =>
        collation === null ? [] : [[name, collation]],
      ),
    ),
  }
}

const KINDS: Readonly<Record<string, string>> = {
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
  S: 'sequence',
  c: 'composite type',
  i: 'index',
  I: 'index',
}

/** PostgreSQL's catalog would compare names that it cannot hold with ones it has cut. */
function assertUsableNames(request: Pick<TargetRequest, 'target' | 'columns'>): void {
  quoteTable(request.target)
  const seen = new Set<string>()
  for (const { name } of request.columns) {
    quoteColumn(name)
    if (seen.has(name)) throw mismatch(request, `Column ${JSON.stringify(name)} is declared twice`)
    seen.add(name)
  }
  if (!request.columns.some(({ key }) => key)) {
    throw mismatch(request, 'No column is declared as part of the key, which a merge needs')
  }
}

function mismatch(request: Pick<TargetRequest, 'target'>, problem: string): PipelineError {
  return new PipelineError('TARGET_MISMATCH', problem, {
    remedy: 'Change the declared columns or the table so that they agree.',
    at: { table: displayTable(request.target) },
  })
}

function notWritable(
  request: Pick<TargetRequest, 'target'>,
  problem: string,
  remedy: string,
): PipelineError {
  return new PipelineError('TARGET_NOT_WRITABLE', problem, {
    remedy,
    at: { table: displayTable(request.target) },
  })
}
