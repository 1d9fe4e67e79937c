import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { SourceSlice } from '../../../activities/index.ts'
import { hasReference } from '../../pipeline/reference-problem.ts'
import { fillIn } from '../fill-in.ts'
import { resolveReferences, type Environment } from '../resolve-references.ts'
import { fileKind, type FileKind } from './file-kind.ts'
import { parseGlob, type Glob } from './glob.ts'

/** A path of a pipeline, filled in for a run. */
export interface FilePath {
  readonly kind: FileKind
  /** Up to the folder of the first wildcard, or the whole path; references as they are written. */
  readonly place: string
  /** What `place` stands for: may hold secrets. */
  readonly address: string
  /** Matches what stands behind `place`; absent where the path names one file. */
  readonly glob?: Glob | undefined
}

/**
 * Fills in a path. Wildcards are those that the pipeline file has: what is filled in, or stands in the
 * environment, is taken as it is.
 *
 * @throws PipelineError SOURCE_SETTING_MISSING, SOURCE_SETTING_INVALID
 */
export function readFilePath(
  template: string,
  slice: SourceSlice,
  environment: Environment,
): FilePath {
  const kind = fileKind(resolveReferences(template, environment))
  const place = (text: string) => fillIn(text, slice, (value) => spelled(value, kind, template))
  const at = kind === 'http' ? -1 : folderEnd(template)
  if (at === -1) {
    const whole = place(template)
    return { kind, place: whole, address: resolveReferences(whole, environment) }
  }
  const [head, tail] = [place(template.slice(0, at)), template.slice(at)]
  if (hasReference(tail)) {
    throw invalid(template, 'a reference stands behind a wildcard', 'Put it before the wildcard.')
  }
  const glob = parseGlob(fillIn(tail, slice, (value) => asName(value, template)))
  return { kind, place: head, address: resolveReferences(head, environment), glob }
}

/** Where the folder of the first wildcard begins; -1 where there is none. */
function folderEnd(template: string): number {
  const wildcard = template.search(/[*?]/)
  return wildcard === -1 ? -1 : template.lastIndexOf('/', wildcard) + 1
}

function spelled(value: string, kind: FileKind, template: string): string {
  if (value.includes('${')) {
    throw invalid(template, 'what is filled in looks like a reference', 'Leave it out of the path.')
  }
  return kind === 'http' ? encodeURIComponent(value) : value
}

function asName(value: string, template: string): string {
  if (!/[*?/]/.test(value)) return value
  const what = 'what is filled in behind a wildcard is no name of a file'
  throw invalid(template, what, 'Leave it out of the path, or put it before the wildcard.')
}

function invalid(path: string, what: string, remedy: string): PipelineError {
  return new PipelineError('SOURCE_SETTING_INVALID', `in a path of the pipeline ${what}`, {
    at: { path },
    remedy,
  })
}
