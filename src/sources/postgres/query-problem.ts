import { anyPlaceholder, PLACEHOLDERS } from '../fill-in.ts'
import { sqlPieces } from './sql-pieces.ts'

const known: readonly string[] = PLACEHOLDERS

/**
 * What keeps a text from being the one query of a source; `undefined` when nothing does. What passes
 * can stand between parentheses: none of it closes them.
 */
export function queryProblem(text: string): string | undefined {
  if (text.includes('\0')) return 'holds NUL, which SQL has not'
  const pieces = sqlPieces(text)
  if (pieces.some(({ kind }) => kind === 'open')) {
    return 'has a quote or a comment that is not closed'
  }
  for (const { kind, text: piece } of pieces) {
    const found = kind === 'quoted' ? piece.match(anyPlaceholder)?.[0] : undefined
    if (found !== undefined) {
      return `has ${found} inside of quotes: leave them out, it becomes an SQL literal by itself`
    }
    if (kind === 'placeholder' && !known.includes(piece)) {
      return `has ${piece.slice(0, 40)}, which is unknown; there are ${known.join(', ')}`
    }
  }
  const spoken = pieces.filter(
    ({ kind, text: piece }) => kind !== 'comment' && !/^[ \t\n\r\f\v]$/.test(piece),
  )
  return structureProblem(spoken.map(({ kind, text: piece }) => (kind === 'code' ? piece : 'x')))
}

/** @param words Without white space and comments; what is quoted as a word. */
function structureProblem(words: readonly string[]): string | undefined {
  if (!/^(?:select|with|values|table|\()$/i.test(words[0] ?? '')) {
    return 'must be one SELECT, WITH, VALUES or TABLE'
  }
  const end = words.indexOf(';')
  if (end !== -1 && words.slice(end).some((word) => word !== ';')) {
    return 'holds more than one statement'
  }
  let depth = 0
  for (const word of words) {
    if (word === '(') depth += 1
    else if (word === ')') depth -= 1
    if (depth < 0) break
  }
  return depth === 0 ? undefined : 'has parentheses that do not match'
}
