import { replaceReferences } from '../sources/resolve-references.ts'

/** Why the references of a text cannot be resolved, or nothing. The text is not repeated. */
export function referenceProblem(text: string): string | undefined {
  if (!replaceReferences(text, () => '').includes('${')) return undefined
  return 'a reference has the form ${NAME}: letters, digits and _, without defaults or spaces'
}

/** @param what `a secret`, say. */
export function clearTextProblem(what: string): string {
  return `holds ${what} in clear text: write \${NAME} for it and set NAME where the worker runs`
}

/** Whether the text is one reference and nothing else. */
export function isReference(text: string): boolean {
  return replaceReferences(text, () => '') === '' && text.lastIndexOf('${') === 0
}

export function hasReference(text: string): boolean {
  return replaceReferences(text, () => '') !== text
}
