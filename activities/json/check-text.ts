import { isUtf8 } from 'node:buffer'
import { eachMember, memberName, skipValue } from './json-walk.ts'

/** An escape of a whole surrogate pair, of half of one (the group), or any other. */
const escapes =
  /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u([dD][89a-fA-F][0-9a-fA-F]{2})|.)/g

/** Why these bytes are not one JSON value that every reader takes for the same; undefined when they are. */
export function textProblem(bytes: Buffer): string | undefined {
  if (!isUtf8(bytes)) return 'the record is not UTF-8'
  const text = bytes.toString('utf8')
  try {
    JSON.parse(text)
  } catch {
    return 'the record is not JSON'
  }
  if (!text.includes('\\u')) return undefined
  for (const [, half] of text.matchAll(escapes)) {
    if (half !== undefined) return 'a text holds half of a surrogate pair'
  }
  return undefined
}

/** Which of the fields the object has twice: which one counts would be a guess. */
export function duplicateProblem(object: Buffer, fields: ReadonlySet<string>): string | undefined {
  const seen = new Set<string>()
  let problem: string | undefined
  eachMember(object, 0, (nameStart, nameEnd, valueStart) => {
    const name = memberName(object, nameStart, nameEnd)
    if (fields.has(name)) {
      if (seen.has(name)) problem ??= twiceProblem([name])
      seen.add(name)
    }
    return skipValue(object, valueStart)
  })
  return problem
}

/** @param path Members that lead to the field. */
export function twiceProblem(path: readonly string[]): string {
  const shown = path.length === 1 ? path[0] : ['$', ...path].join('.')
  return `the field ${JSON.stringify(shown)} is there twice`
}
