import { PipelineError } from '../../../activities/pipeline-error.ts'

/** A longer name would be cut by PostgreSQL, silently, and could then be another one's name. */
const MAX_NAME_BYTES = 63

/** Columns every PostgreSQL table has; a table cannot be given others of these names. */
const SYSTEM_COLUMNS: ReadonlySet<string> = new Set([
  'tableoid',
  'xmin',
  'cmin',
  'xmax',
  'cmax',
  'ctid',
])

/** The staging table's own column: where in its dataset a row stands. */
export const POSITION_COLUMN = '_position'

/**
 * The name as an SQL identifier: always quoted, so that case is kept and nothing in it is SQL.
 *
 * @throws PipelineError TARGET_MISMATCH for a name PostgreSQL cannot hold as it is.
 */
export function quoteName(name: string): string {
  const problem = nameProblem(name)
  if (problem !== undefined) throw nameError('name', name, problem)
  return `"${name.replaceAll('"', '""')}"`
}

/**
 * `quoteName` for a column that a target table is to have.
 *
 * @throws PipelineError TARGET_MISMATCH also for names that are reserved.
 */
export function quoteColumn(name: string): string {
  if (SYSTEM_COLUMNS.has(name)) {
    throw nameError('column', name, 'is the name of a system column of every PostgreSQL table')
  }
  if (name === POSITION_COLUMN) {
    throw nameError('column', name, 'is the name of a column that Claimcheck adds while staging')
  }
  return quoteName(name)
}

/** `schema.table`, as an SQL identifier. */
export function quoteTable(table: { readonly schema: string; readonly table: string }): string {
  return `${quoteName(table.schema)}.${quoteName(table.table)}`
}

/** `schema.table` for people and for `claimcheck.loads`: quoted where SQL would need it. */
export function displayTable(table: { readonly schema: string; readonly table: string }): string {
  return `${displayName(table.schema)}.${displayName(table.table)}`
}

function displayName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : quoteName(name)
}

function nameProblem(name: string): string | undefined {
  if (name === '') return 'is empty'
  if (name.includes('\0')) return 'holds a NUL character'
  if (!name.isWellFormed()) return 'holds half of a surrogate pair'
  const bytes = Buffer.byteLength(name)
  if (bytes > MAX_NAME_BYTES)
    return `is ${bytes} bytes long, and PostgreSQL keeps ${MAX_NAME_BYTES}`
  return undefined
}

function nameError(what: 'name' | 'column', name: string, problem: string): PipelineError {
  return new PipelineError('TARGET_MISMATCH', `The ${what} ${JSON.stringify(name)} ${problem}`, {
    remedy: 'Give the pipeline another name for it.',
  })
}
