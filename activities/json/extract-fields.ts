import { twiceProblem } from './check-text.ts'
import { eachMember, MalformedJsonError, memberName, skipValue } from './json-walk.ts'

/** A field that is read from the bytes of a record, not by DuckDB. */
export interface ExtractedField {
  /** What DuckDB finds it under. */
  readonly name: string
  /** Members that lead to it. */
  readonly path: readonly string[]
  /** Whether it is wanted as JSON text, quotes of a string included; else as its text. */
  readonly asJson: boolean
}

type Span = { readonly start: number; readonly end: number } | undefined

/**
 * The fields of the record that opens at `start`, as members to stand first in it, with a comma
 * behind them. Of members of one name the last counts, as in PostgreSQL's jsonb. A field that the record
 * has not is none of them, so that it can be told from one that is null.
 *
 * @param problems Takes why the record should be set aside: which of several members counts would be a
 * guess, or where they stand is no JSON. DuckDB refuses only the latter.
 */
export function extractFields(
  body: Buffer,
  start: number,
  fields: readonly ExtractedField[],
  problems: string[] = [],
): Buffer {
  const spans: Span[] = fields.map(() => undefined)
  const walk = (position: number, depth: number, wanted: readonly number[]): number => {
    if (body[position] !== 0x7b || wanted.length === 0) return skipValue(body, position)
    const seen: string[] = []
    return eachMember(body, position, (nameStart, nameEnd, valueStart) => {
      const name = memberName(body, nameStart, nameEnd)
      const found = wanted.filter((index) => fields[index]?.path[depth] === name)
      if (found.length === 0) return skipValue(body, valueStart)
      if (seen.includes(name)) {
        problems.push(twiceProblem(fields[found[0] ?? 0]?.path.slice(0, depth + 1) ?? []))
      }
      seen.push(name)
      for (const index of found) spans[index] = undefined
      const inner = found.filter((index) => fields[index]?.path.length !== depth + 1)
      const end = walk(valueStart, depth + 1, inner)
      for (const index of found) {
        if (!inner.includes(index)) spans[index] = { start: valueStart, end }
      }
      return end
    })
  }
  try {
    walk(start, 0, [...fields.keys()])
  } catch (error) {
    if (!(error instanceof MalformedJsonError)) throw error
    problems.push(error.reason)
  }
  const pieces = fields.flatMap(({ name, asJson }, index) => {
    const span = spans[index]
    if (span === undefined) return []
    const text = valueText(body.subarray(span.start, span.end), asJson)
    return [Buffer.from(`${JSON.stringify(name)}:`), text, comma]
  })
  return Buffer.concat(pieces)
}

const comma = Buffer.from(',')

function valueText(text: Buffer, asJson: boolean): Buffer {
  const isString = text[0] === 0x22
  return text.equals(nullText) || (isString && !asJson) ? text : quoteBytes(text)
}

const nullText = Buffer.from('null')

/** The bytes as a JSON string; such as are no UTF-8 stay what they are, for DuckDB to refuse. */
export function quoteBytes(bytes: Buffer): Buffer {
  return Buffer.from(JSON.stringify(bytes.toString('latin1')), 'latin1')
}
