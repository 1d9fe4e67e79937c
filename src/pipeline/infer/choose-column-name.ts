import { foldCase } from '../columns-schema.ts'
import { columnNameProblem, MAX_IDENTIFIER_BYTES } from '../identifier.ts'

/**
 * The field's own name where a column can be called so, else that name cut and with a number behind it.
 * A field inside an object has the object's name before its own. Nothing where a pipeline file cannot
 * name the field.
 * @param path Members that lead to the field.
 * @param taken Names of columns, case folded; the chosen name joins them.
 */
export function chooseColumnName(path: readonly string[], taken: Set<string>): string | undefined {
  const from = path.join('_')
  if (from === '' || from.includes('\0') || !from.isWellFormed()) return undefined
  // A path; and a reference, where it is a value.
  if (from.startsWith('$.') || from.includes('${')) return undefined
  let name = from
  for (let number = 2; !isUsable(name) || taken.has(foldCase(name)); number += 1) {
    name = `${cut(from, MAX_IDENTIFIER_BYTES - 1 - String(number).length)}_${number}`
  }
  taken.add(foldCase(name))
  return name
}

function isUsable(name: string): boolean {
  return columnNameProblem(name) === undefined && name !== '__proto__'
}

/** At most so many bytes, on the border of a character. */
function cut(text: string, maxBytes: number): string {
  let kept = ''
  let bytes = 0
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxBytes) break
    kept += character
  }
  return kept
}
