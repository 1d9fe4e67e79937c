import {
  maxNextLinkBytes,
  PipelineError,
  type ModuleSourceDefinition,
} from '../../../activities/index.ts'
import { replaceReferences, type Environment } from '../resolve-references.ts'
import { moduleFailed } from './module-error.ts'

/** A shorter value is looked for as a whole only: it may stand in anything. */
const leastTellingLength = 6

/**
 * What a page's `next` is kept as: printable ASCII, for it goes into histories and into the metadata of
 * stored pages. Undefined where the page is the last.
 *
 * @throws PipelineError MODULE_FAILED, NEXT_LINK_REFUSED (too long, or a reference's value)
 */
export function encodeCursor(
  next: unknown,
  { path, options }: Pick<ModuleSourceDefinition, 'path' | 'options'>,
  environment: Environment,
): string | undefined {
  if (next === undefined || next === null) return undefined
  if (typeof next !== 'string' || next === '' || !next.isWellFormed()) {
    throw moduleFailed(
      path,
      'names a `next` that is no text, or an empty one',
      'Make it a text that the generator can be called with; leave it out on the last page.',
    )
  }
  for (const name of referencesIn(options)) {
    const values = secretParts(environment[name] ?? '')
    if (values.some((value) => repeats(next, value))) {
      throw refused(path, `repeats what \${${name}} stands for, which may be a secret`)
    }
  }
  const cursor = next.replaceAll(/[^!-$&-~]/gu, encodeURIComponent)
  if (cursor.length <= maxNextLinkBytes) return cursor
  throw refused(path, `is longer than ${maxNextLinkBytes} bytes`)
}

export function decodeCursor(cursor: string): string {
  return decodeURIComponent(cursor)
}

function referencesIn(options: Readonly<Record<string, string>>): Set<string> {
  const names = new Set<string>()
  replaceReferences(Object.values(options).join('\n'), (name) => {
    names.add(name)
    return ''
  })
  return names
}

/** Of a URL also what may be secret in it. */
function secretParts(value: string): string[] {
  const url = URL.parse(value)
  const parts =
    url === null ? [] : [url.username, url.password, ...url.searchParams.values()].map(decoded)
  return [value, ...parts].filter((part) => part !== '')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function repeats(text: string, value: string): boolean {
  return text === value || (value.length >= leastTellingLength && text.includes(value))
}

function refused(path: string, what: string): PipelineError {
  return new PipelineError('NEXT_LINK_REFUSED', `the \`next\` that the module names ${what}`, {
    at: { module: path },
    remedy: 'Have the module name a short place to go on from, free of secrets.',
  })
}
