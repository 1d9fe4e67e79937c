import type { Outcome } from './load-literals.ts'
import type { TypeLiterals } from './type-literals.ts'

export interface TypeResult {
  readonly literals: TypeLiterals
  readonly loaded: readonly Outcome[]
  /** PostgreSQL's own reading. */
  readonly read: readonly Outcome[]
}

/** `docs/types.md`: what became of each text. */
export function typesPage(results: readonly TypeResult[]): string {
  return `# Column types

Made by \`test/targets/type-matrix.test.ts\`, which loads every text below as JSON, NDJSON, CSV and Parquet, through
Parquet and COPY, and compares the table with what PostgreSQL reads from the same text. To make it again:
\`WRITE_TYPES_PAGE=1 npm test -- test/targets/type-matrix.test.ts\`.

A value is loaded as PostgreSQL reads it, or its row is set aside with a reason. Where a load differs, the rule says so.
NULL is a field that is not there, JSON \`null\`, and in CSV nothing between two commas; \`default\` stands in for it. In JSON
a number and a text of the same characters are the same value, so \`"5"\` is an integer.

${results.map(typeSection).join('\n')}`
}

function typeSection({ literals, loaded, read }: TypeResult): string {
  const same: string[] = []
  const different: string[] = []
  const refused: string[] = []
  const bothRefused: string[] = []
  for (const [index, literal] of literals.literals.entries()) {
    const ours = loaded[index]
    const theirs = read[index]
    if (ours === undefined || theirs === undefined) throw new Error('an outcome is missing')
    const shown = code(literal)
    if ('value' in ours) {
      const becomes = ours.value === literal ? shown : `${shown} → ${code(ours.value ?? 'NULL')}`
      if ('value' in theirs && theirs.value === ours.value) same.push(becomes)
      else different.push(becomes)
    } else if ('value' in theirs) refused.push(shown)
    else bothRefused.push(shown)
  }
  const list = (title: string, items: readonly string[]) =>
    items.length === 0 ? '' : `\n${title}: ${items.join(', ')}\n`
  return `## ${literals.name}

${literals.rule}
${list('Loaded', same)}${list('Loaded by the rule, in another way than PostgreSQL would', different)}${list('Set aside, though PostgreSQL reads it', refused)}${list('Set aside', bothRefused)}`
}

/** Texts that would not be seen are written as JSON strings. */
function code(text: string): string {
  const isPlain = /^[!-~]+( [!-~]+)*$/.test(text) && !text.includes('`')
  const shown = isPlain ? text : JSON.stringify(text).replaceAll(/[^ -~]/g, escaped)
  return `\`${shown.length > 70 ? `${shown.slice(0, 60)}…` : shown}\``
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
