import type { Parsed } from './parsed.ts'

/** Reads a path of plain members into a JSON body: `$` is the body, `$.a.b` a member's member. */
export function parseMemberPath(text: string): Parsed<readonly string[]> {
  if (text === '$') return { value: [] }
  if (!text.startsWith('$.')) {
    return { problem: 'must be a path such as $.data, or $ for the body itself' }
  }
  const members = text.slice(2).split('.')
  if (members.every((member) => /^[^\s[\]*'"?@()$]+$/.test(member))) return { value: members }
  return { problem: 'may name plain members only, such as $.data.items: no [0], *, .. or filters' }
}

/** Whether the place of `path` lies at or below the place of `ancestor`. */
export function isWithin(path: readonly string[], ancestor: readonly string[]): boolean {
  return ancestor.every((member, index) => path[index] === member)
}
