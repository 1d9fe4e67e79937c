/** A stretch of SQL: `quoted` is a string constant or a quoted name; `open` lacks its end. */
export interface SqlPiece {
  readonly kind: 'code' | 'placeholder' | 'quoted' | 'comment' | 'open'
  readonly text: string
}

const nonAscii = String.raw`\u0080-\u{10ffff}`
const plainQuoted = String.raw`'[^']*(?:''[^']*)*'`
const escapeQuoted = String.raw`'(?:[^'\\]|\\[^]|'')*'`
/** Constants apart by a line end are one, and of one kind. */
const apart = String.raw`[ \t\f\v]*(?:--[^\n\r]*)?[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*`

const tokens = [
  ['comment', /--[^\n\r]*/uy],
  ['quoted', new RegExp(`[eE]${escapeQuoted}(?:${apart}${escapeQuoted})*(?!${apart}')`, 'uy')],
  ['open', /[eE]'[^]*/uy],
  ['code', new RegExp(`[A-Za-z_${nonAscii}][\\w$${nonAscii}]*`, 'uy')],
  ['quoted', new RegExp(plainQuoted, 'uy')],
  ['quoted', /"[^"]*(?:""[^"]*)*"/uy],
  ['quoted', new RegExp(`(\\$(?:[A-Za-z_${nonAscii}][\\w${nonAscii}]*)?\\$)[^]*?\\1`, 'uy')],
  ['open', new RegExp(`['"][^]*|\\$(?:[A-Za-z_${nonAscii}][\\w${nonAscii}]*)?\\$[^]*`, 'uy')],
  ['placeholder', /\{[^{}\n]*\}?/uy],
  ['code', /[^]/uy],
] as const satisfies readonly (readonly [SqlPiece['kind'], RegExp])[]

/**
 * Cuts a text as PostgreSQL's own lexer does with `standard_conforming_strings` on, so that what stands
 * inside of quotes and comments is told from what does not. All pieces together are the text.
 */
export function sqlPieces(text: string): SqlPiece[] {
  const pieces: SqlPiece[] = []
  for (let index = 0; index < text.length;) {
    const piece = text.startsWith('/*', index) ? blockComment(text, index) : token(text, index)
    pieces.push(piece)
    index += piece.text.length
  }
  return pieces
}

function token(text: string, index: number): SqlPiece {
  for (const [kind, pattern] of tokens) {
    pattern.lastIndex = index
    const found = pattern.exec(text)
    if (found !== null) return { kind, text: found[0] }
  }
  // Half of a surrogate pair, which no pattern of whole characters matches.
  return { kind: 'open', text: text.slice(index) }
}

/** One comment may stand inside of another. */
function blockComment(text: string, start: number): SqlPiece {
  const ends = /\/\*|\*\//g
  ends.lastIndex = start
  for (let depth = 0; ;) {
    const found = ends.exec(text)
    if (found === null) return { kind: 'open', text: text.slice(start) }
    depth += found[0] === '/*' ? 1 : -1
    if (depth === 0) return { kind: 'comment', text: text.slice(start, ends.lastIndex) }
  }
}
