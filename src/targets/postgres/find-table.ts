import { PipelineError } from '../../../activities/pipeline-error.ts'
import { type InspectedTable, inspectTable } from './inspect-table.ts'
import { ownColumns } from './own-columns.ts'
import type { TargetRequest } from './postgres-requests.ts'
import type { Session } from './sessions.ts'
import { displayTable, quoteColumn, quoteTable } from './sql-name.ts'

/**
 * Finds the target table with all the rights on it that its mode needs, or that it can be made: then
 * undefined. Only reads.
 *
 * @throws PipelineError TARGET_MISMATCH, TARGET_NOT_WRITABLE
 */
export async function findTable(
  session: Session,
  request: Pick<TargetRequest, 'target' | 'columns'>,
): Promise<InspectedTable | undefined> {
  const { target } = request
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
    const problem = `Role ${role} may not use the schema`
    throw notWritable(request, problem, 'GRANT USAGE ON SCHEMA to it.')
  }
  const table = await inspectTable(session, target)
  if (table === undefined) {
    if (schema.create) return undefined
    throw notWritable(
      request,
      `The table does not exist and role ${role} may not create it`,
      'GRANT CREATE ON SCHEMA to the role, or create the table.',
    )
  }
  if (table.kind !== 'r' && table.kind !== 'p') {
    const kind = KINDS[table.kind] ?? 'relation of another kind'
    throw tableMismatch(request, `It is a ${kind}, not a table`)
  }
  const lacking = neededPrivileges(target).filter((p) => !table.privileges.includes(p))
  if (lacking.length > 0) {
    const grant = `GRANT ${lacking.join(', ')} ON the table to it.`
    throw notWritable(request, `Role ${role} lacks ${lacking.join(', ')} on the table`, grant)
  }
  if (table.rowSecurity) {
    throw notWritable(
      request,
      `Row-level security hides rows from role ${role}, so that a load could not see them`,
      'Give the role BYPASSRLS, or load as the owner of the table.',
    )
  }
  return table
}

/** @param remedy By default, that one of the two has to change. */
export function tableMismatch(
  request: Pick<TargetRequest, 'target'>,
  problem: string,
  remedy = 'Change the declared columns or the table so that they agree.',
): PipelineError {
  const at = { table: displayTable(request.target) }
  return new PipelineError('TARGET_MISMATCH', problem, { remedy, at })
}

export function notWritable(
  request: Pick<TargetRequest, 'target'>,
  problem: string,
  remedy: string,
): PipelineError {
  const at = { table: displayTable(request.target) }
  return new PipelineError('TARGET_NOT_WRITABLE', problem, { remedy, at })
}

/** UPDATE also of loads that only add rows: without it a role may not lock a table against others. */
function neededPrivileges({ mode, onMissing }: TargetRequest['target']): readonly string[] {
  const deletes =
    mode === 'replace' ||
    mode === 'replace-interval' ||
    // A slice that is loaded again takes back first what it wrote.
    mode === 'history' ||
    onMissing === 'delete'
  return ['SELECT', 'INSERT', 'UPDATE', ...(deletes ? ['DELETE'] : [])]
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

/** Columns of an index. */
const MOST_KEYS = 32
/** Of the 1600 that a table may have, some are the load's own, in staging and beside changes. */
const MOST_COLUMNS = 1590

/** PostgreSQL's catalog would compare names that it cannot hold with ones it has cut. */
function assertUsableNames(request: Pick<TargetRequest, 'target' | 'columns'>): void {
  const { target, columns } = request
  quoteTable(target)
  const own = new Set(ownColumns(target).map(({ name }) => name))
  const keys = columns.filter(({ key }) => key).length + (target.mode === 'history' ? 1 : 0)
  if (keys > MOST_KEYS || columns.length > MOST_COLUMNS) {
    const problem = `A table of ${columns.length} columns, ${keys} of them its key, is more than PostgreSQL holds while it is loaded`
    const remedy = `Declare at most ${MOST_COLUMNS} columns, and at most ${MOST_KEYS} for the key and \`valid_from\`.`
    throw tableMismatch(request, problem, remedy)
  }
  const seen = new Set<string>()
  for (const { name } of columns) {
    quoteColumn(name)
    const shown = JSON.stringify(name)
    if (seen.has(name)) throw tableMismatch(request, `Column ${shown} is declared twice`)
    if (own.has(name)) {
      throw tableMismatch(request, `Column ${shown} is declared, and the load itself writes it`)
    }
    seen.add(name)
  }
  const { mode } = target
  if ((mode === 'merge' || mode === 'history') && !columns.some(({ key }) => key)) {
    const problem = `No column is declared as part of the key, which mode ${mode} needs`
    throw tableMismatch(request, problem, 'Mark at least one column with `key: true`.')
  }
}
