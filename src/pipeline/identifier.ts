/** PostgreSQL cuts longer names, so two of them could become one. */
export const MAX_IDENTIFIER_BYTES = 63

const SYSTEM_COLUMNS: ReadonlySet<string> = new Set([
  'ctid',
  'xmin',
  'xmax',
  'cmin',
  'cmax',
  'tableoid',
])

/** Why a name cannot be a PostgreSQL identifier, or nothing. Reserved words can: all are quoted. */
export function identifierProblem(name: string): string | undefined {
  if (name === '') return 'a name is empty'
  if (name.includes('\0')) return 'a name holds NUL, which PostgreSQL has not'
  if (!name.isWellFormed()) return 'a name is not well-formed Unicode'
  const bytes = Buffer.byteLength(name)
  if (bytes <= MAX_IDENTIFIER_BYTES) return undefined
  return `a name has ${bytes} bytes, and PostgreSQL keeps ${MAX_IDENTIFIER_BYTES}`
}

/** Why a name cannot be a column of a PostgreSQL table, or nothing. */
export function columnNameProblem(name: string): string | undefined {
  if (SYSTEM_COLUMNS.has(name)) return 'is the name of a system column of PostgreSQL'
  return identifierProblem(name)
}
