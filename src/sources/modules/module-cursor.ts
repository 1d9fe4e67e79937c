import { maxNextLinkBytes } from '../../../activities/page-source.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { ModuleSourceDefinition } from '../../../activities/index.ts'
import { repeatedReference } from '../repeated-reference.ts'
import type { Environment } from '../resolve-references.ts'
import { moduleFailed } from './module-error.ts'

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
  const repeated = repeatedReference([next], JSON.stringify(options), environment)
  if (repeated !== undefined) {
    throw refused(path, `repeats what \${${repeated}} stands for, which may be a secret`)
  }
  const cursor = next.replaceAll(/[^!-$&-~]/gu, encodeURIComponent)
  if (cursor.length <= maxNextLinkBytes) return cursor
  throw refused(path, `is longer than ${maxNextLinkBytes} bytes`)
}

export function decodeCursor(cursor: string): string {
  return decodeURIComponent(cursor)
}

function refused(path: string, what: string): PipelineError {
  return new PipelineError('NEXT_LINK_REFUSED', `the \`next\` that the module names ${what}`, {
    at: { module: path },
    remedy: 'Have the module name a short place to go on from, free of secrets.',
  })
}
