import { replaceReferences } from '../sources/resolve-references.ts'

/** Why the references of a text cannot be resolved, or nothing. The text is not repeated. */
export function referenceProblem(text: string): string | undefined {
  if (!replaceReferences(text, () => '').includes('${')) return undefined
  return 'a reference has the form ${NAME}: letters, digits and _, without defaults or spaces'
}

export function hasReference(text: string): boolean {
  return replaceReferences(text, () => '') !== text
}
