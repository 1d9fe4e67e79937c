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

/**
 * Which of the fields the object has twice, or of the members on the paths the object that holds them:
 * which one counts would be a guess.
 */
export function duplicateProblem(
  object: Buffer,
  fields: ReadonlySet<string>,
  paths: readonly (readonly string[])[] = [],
): string | undefined {
  let problem: string | undefined
  const walk = (position: number, depth: number, wanted: typeof paths): number => {
    if (object[position] !== 0x7b) return skipValue(object, position)
    const seen = new Set<string>()
    return eachMember(object, position, (nameStart, nameEnd, valueStart) => {
      const name = memberName(object, nameStart, nameEnd)
      const inner = wanted.filter((path) => path[depth] === name)
      if (inner.length > 0 || (depth === 0 && fields.has(name))) {
        const [path = []] = inner
        const shown = depth === 0 ? name : ['$', ...path.slice(0, depth + 1)].join('.')
        if (seen.has(name)) problem ??= `the field ${JSON.stringify(shown)} is there twice`
        seen.add(name)
      }
      const deeper = inner.filter((path) => path.length > depth + 1)
      if (deeper.length === 0) return skipValue(object, valueStart)
      return walk(valueStart, depth + 1, deeper)
    })
  }
  walk(0, 0, paths)
  return problem
}
