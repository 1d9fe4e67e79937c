/**
 * How arrays are written: as PostgreSQL's literal, or as JSON. Regular expressions that DuckDB's RE2
 * and JavaScript understand alike.
 */
import { jsonScalarPattern, jsonStringPattern } from './type-patterns.ts'

const literalSpace = '[ \\t\\n\\r\\v\\f]*'
const escaped = '\\\\[\\s\\S]'
const plain = `(?:[^ \\t\\n\\r\\v\\f"{},\\\\]|${escaped})`

/** An element of a literal, as it is written: in quotes, or without spaces at its ends. */
export const literalElementPattern = `"(?:[^"\\\\]|${escaped})*"|${plain}(?:${literalSpace}${plain})*`

/** The whole of `{1,NULL,"a, b"}`: one dimension that begins at 1. */
export const arrayLiteralPattern = listed(
  '[{]',
  `(?:${literalElementPattern})`,
  '[}]',
  literalSpace,
)

/** A backslash and the character that it stands before. */
export const literalEscapePattern = `\\\\([\\s\\S])`

const jsonSpace = '[ \\t\\n\\r]*'

/** The whole of a JSON array without arrays and objects in it. */
export const flatJsonArrayPattern = listed('\\[', jsonScalarPattern, '\\]', jsonSpace)

/** An element of such an array, as it is written. */
export const flatJsonElementPattern = `${jsonStringPattern}|[^ \\t\\n\\r\\[\\]",]+`

/** Arrays and objects inside of one another, in an element. A regular expression has to end somewhere. */
export const maxJsonElementDepth = 64

const nested = Array.from({ length: maxJsonElementDepth }).reduce<string>(
  (inner) => `[\\[{](?:${jsonStringPattern}|[^\\[\\]{}"]${inner === '' ? '' : `|${inner}`})*[\\]}]`,
  '',
)

/** An element of what `jsonArrayPattern` matches, as it is written, without the array's brackets. */
export const jsonElementPattern = `${jsonStringPattern}|${nested}|[^ \\t\\n\\r\\[\\]{}",]+`

/** The whole of a text that is an array, where it is JSON. */
export const jsonArrayPattern = `${jsonSpace}\\[(?:${jsonStringPattern}|${nested}|[^\\[\\]{}"])*\\]${jsonSpace}`

/** The outer brackets of such a text. */
export const jsonArrayEndsPattern = `^${jsonSpace}\\[|\\]${jsonSpace}$`

function listed(open: string, element: string, close: string, space: string): string {
  const elements = `${element}${space}(?:,${space}${element}${space})*`
  return `${space}${open}${space}(?:${elements})?${close}${space}`
}
