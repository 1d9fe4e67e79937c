/** A SQL string literal; with NUL, which SQL's text has not, an expression. */
export function literal(text: string): string {
  const pieces = text.split('\0').map((piece) => `'${piece.replaceAll("'", "''")}'`)
  return pieces.length === 1 ? pieces.join('') : `(${pieces.join(' || chr(0) || ')})`
}

/** A quoted SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Whether SQL can name a field so: an identifier has a letter, and no NUL. */
export function isSqlName(name: string): boolean {
  return name !== '' && !name.includes('\0')
}
