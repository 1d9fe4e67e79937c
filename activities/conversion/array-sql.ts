import type { ScalarType } from '../pipeline-definition.ts'
import {
  arrayLiteralPattern,
  flatJsonArrayPattern,
  flatJsonElementPattern,
  jsonArrayEndsPattern,
  jsonArrayPattern,
  jsonElementPattern,
  literalElementPattern,
  literalEscapePattern,
  maxJsonElementDepth,
} from './array-patterns.ts'
import { matchesSql, scalarCastSql, scalarRules, type RejectRule } from './scalar-sql.ts'
import { literal } from './sql-text.ts'
import { jsonTokensPattern } from './type-patterns.ts'

/**
 * The array that stands in a member's JSON text: a JSON array, or in a string either form. An object
 * is none, though `{}` would be an empty literal.
 */
export function arrayOfJsonSql(json: string): string {
  return `CASE WHEN starts_with(${json}, '"') AND json_valid(${json}) THEN json_extract_string(${json}, '$')
    WHEN starts_with(${json}, '{') THEN '' ELSE ${json} END`
}

/** The text of an array as a list of its type; NULL where it is no array at all. */
export function arrayCastSql(element: ScalarType, text: string): string {
  const elements = elementsSql(element, text)
  return `list_transform(${elements}, lambda element: ${scalarCastSql(element, 'element')})`
}

/** When a text is no array of the type, where `cast` is what `arrayCastSql` has made of it. */
export function arrayRules(element: ScalarType, text: string, cast: string): RejectRule[] {
  const none = `${text} IS NOT NULL AND ${cast} IS NULL`
  const isJsonArray = `regexp_matches(${text}, '^[ \\t\\n\\r]*\\[') AND json_valid(${text})`
  const notOfType = `an element is not of type ${element.kind}`
  const tooDeep = `an element is nested more than ${maxJsonElementDepth} levels deep`
  const rules = scalarRules(element, 'element', `${cast}[place]`, 'element')
  return [
    ...(isJson(element)
      ? [
          {
            condition: `${none} AND ${isJsonArray} AND ${matchesSql(text, jsonTokensPattern)}`,
            reason: tooDeep,
          },
        ]
      : []),
    { condition: `${none} AND ${isJsonArray}`, reason: notOfType },
    { condition: none, reason: `the value is not of type ${element.kind}[]` },
    ...rules.map(({ condition, reason }) => ({
      condition: `list_contains(list_transform(${elementsSql(element, text)}, lambda element, place: ${condition}), true)`,
      reason,
    })),
  ]
}

/** The texts of an array's elements; NULL where the text is no array. */
function elementsSql(element: ScalarType, text: string): string {
  const extract = (from: string, pattern: string): string =>
    `regexp_extract_all(${from}, ${literal(pattern)})`
  const flat = `list_transform(${extract(text, flatJsonElementPattern)}, lambda written: CASE
    WHEN written = 'null' THEN NULL
    WHEN starts_with(written, '"') THEN json_extract_string(written, '$') ELSE written END)`
  const inner = `regexp_replace(${text}, ${literal(jsonArrayEndsPattern)}, '', 'g')`
  const asJson = `list_transform(${extract(inner, jsonElementPattern)}, lambda written: nullif(written, 'null'))`
  const isArray = isJson(element)
    ? `${matchesSql(text, jsonArrayPattern)} AND ${matchesSql(text, jsonTokensPattern)}`
    : matchesSql(text, flatJsonArrayPattern)
  const unescaped = (written: string): string =>
    `regexp_replace(${written}, ${literal(literalEscapePattern)}, '\\1', 'g')`
  return `CASE WHEN ${isArray} AND json_valid(${text}) THEN ${isJson(element) ? asJson : flat}
    WHEN ${matchesSql(text, arrayLiteralPattern)}
    THEN list_transform(${extract(text, literalElementPattern)}, lambda written: CASE
      WHEN starts_with(written, '"') THEN ${unescaped('substr(written, 2, length(written) - 2)')}
      WHEN lower(written) = 'null' THEN NULL ELSE ${unescaped('written')} END) END`
}

function isJson({ kind }: ScalarType): boolean {
  return kind === 'json' || kind === 'jsonb'
}
