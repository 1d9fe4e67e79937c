import type { Document } from 'yaml'

interface SyntaxProblem {
  /** In UTF-16 units from the start of the text. */
  readonly offset: number
  readonly message: string
}

/** What makes a text no YAML document, or none that a pipeline file may be. */
export function yamlSyntaxProblems(document: Document.Parsed, text: string): SyntaxProblem[] {
  // One slip makes the parser stumble over all that follows: only the first error says something.
  const [error] = document.errors
  if (error !== undefined) {
    return [{ offset: error.pos[0], message: explain(error, text) }]
  }
  const [warning] = document.warnings
  if (warning !== undefined) return [{ offset: warning.pos[0], message: warning.message }]
  if (document.directives.yaml.explicit === true) {
    return [{ offset: 0, message: 'a %YAML directive is not supported: leave it out' }]
  }
  return document.contents === null ? [{ offset: 0, message: 'the file is empty' }] : []
}

function explain(error: Document.Parsed['errors'][number], text: string): string {
  const offset = error.pos[0]
  if (text.slice(offset - 1, offset + 1) === '${') {
    return 'between braces a reference must be in quotes: "${NAME}"'
  }
  if (error.code === 'MULTIPLE_DOCS') return 'one file holds one pipeline: here a second begins'
  if (error.code === 'TAB_AS_INDENT') return 'a tab cannot indent in YAML: use spaces'
  if (error.message.includes('call stack')) return 'is nested too deeply'
  return `is not valid YAML: ${error.message}`
}
