import { fileKind, isBucketName, s3Place, type FileKind } from '../sources/files/file-kind.ts'
import { anyPlaceholder, PLACEHOLDERS } from '../sources/fill-in.ts'
import { replaceReferences } from '../sources/resolve-references.ts'
import type { Parsed } from './parsed.ts'
import { clearTextProblem, hasReference, referenceProblem } from './reference-problem.ts'
import { querySchema } from './source-text.ts'
import { parseSourceUrl } from './source-url.ts'

/** Parameters of signed addresses: with them anybody may read the file. */
const SIGNATURES = /signature$|^sig$|token$|credential$/i

/** Where a path of a file source leads, as far as the pipeline file tells. */
export type WrittenFileKind = FileKind | 'unknown'

/** A reference at the start may bring the scheme along. */
export function writtenFileKind(path: string): WrittenFileKind {
  return /^\$\{\w+\}/.test(path) ? 'unknown' : fileKind(path)
}

/** Reads a path of a file source. Messages do not repeat it: it may hold a secret. */
export function parseFilePath(text: string): Parsed<string> {
  if (text === '') return { problem: 'is empty' }
  const problem = referenceProblem(text) ?? placeholderProblem(text) ?? pathProblem(text)
  return problem === undefined ? { value: text } : { problem }
}

function placeholderProblem(text: string): string | undefined {
  return querySchema.safeParse({ path: text }).error?.issues[0]?.message
}

function pathProblem(text: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- They are what no path of ours may hold.
  if (/[\0-\x1f\x7f]/.test(text)) return 'holds a line end or another control character'
  switch (writtenFileKind(text)) {
    case 'http':
      return addressProblem(text)
    case 's3':
      return bucketProblem(text) ?? filesProblem(text)
    case 'local':
      return schemeProblem(text) ?? filesProblem(text)
    case 'unknown':
      return text.includes('?') ? queryProblem(text) : filesProblem(text)
  }
}

function addressProblem(text: string): string | undefined {
  const [place = ''] = text.split('?')
  if (place.includes('*')) {
    return 'a wildcard finds local files and objects of S3 only: HTTP has no lists, so name each file'
  }
  const parsed = parseSourceUrl(text.replaceAll(anyPlaceholder, 'x'))
  return 'problem' in parsed ? parsed.problem : queryProblem(text)
}

function queryProblem(text: string): string | undefined {
  const parameters = [...new URLSearchParams(/\?([^]*)/.exec(text)?.[1] ?? '')]
  const issue = querySchema.safeParse(Object.fromEntries(parameters)).error?.issues[0]
  if (issue !== undefined) return issue.message
  const isClear = parameters.some(
    ([name, value]) => SIGNATURES.test(name) && value !== '' && !hasReference(value),
  )
  return isClear ? clearTextProblem('a secret') : undefined
}

function bucketProblem(text: string): string | undefined {
  const { bucket, key } = s3Place(text)
  if (key === '') return 'must name a bucket and a key: s3://bucket/key'
  if (hasReference(bucket) || isBucketName(bucket)) return undefined
  return 'is of no bucket: one is named by lower-case letters, digits, . and -, without wildcards'
}

function schemeProblem(text: string): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase()
  if (scheme === 'file')
    return 'file: is not written: a local path stands by itself, as /data/a.csv'
  if (scheme === 'http' || scheme === 'https' || scheme === 's3')
    return `must begin with ${scheme}://`
  if (scheme === undefined || !text.startsWith('://', scheme.length)) return undefined
  return `${scheme}:// is not supported: there are local paths, s3://, http:// and https://`
}

/** What local paths and keys have in common. What other programs read as a pattern would match nothing. */
function filesProblem(text: string): string | undefined {
  if (text.endsWith('/')) return 'names a folder: write what is in it, as …/* or …/**'
  const names = text.replaceAll(anyPlaceholder, '')
  if (/[{}]/.test(replaceReferences(names, () => ''))) {
    return `{…} is no list here: write several paths, or one of ${PLACEHOLDERS.join(', ')}`
  }
  const wildcard = text.search(/[*?]/)
  if (wildcard === -1) return undefined
  const behind = text.slice(text.lastIndexOf('/', wildcard) + 1)
  if (hasReference(behind)) return 'has a reference behind a wildcard: put it before'
  if (/[[\]]/.test(behind)) return 'has [ or ] beside a wildcard: wildcards are *, ** and ?'
  const folders = behind.split('/')
  if (folders.includes('..') || folders.includes('.')) return 'has . or .. behind a wildcard'
  if (folders.some((name) => name.includes('**') && name !== '**')) {
    return '** stands for folders: it has to be all that is between two slashes'
  }
  return undefined
}
