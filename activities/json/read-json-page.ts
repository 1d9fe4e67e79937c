import { PipelineError } from '../pipeline-error.ts'
import {
  bodyStart,
  eachElement,
  eachMember,
  malformedJson,
  skipSpace,
  skipValue,
} from './json-walk.ts'

export interface JsonPage {
  /** Position of the opening bracket of the array of records. */
  readonly recordsStart: number
  /** Behind its closing bracket. */
  readonly recordsEnd: number
  readonly recordCount: number
  /** The next cursor exactly as the source wrote it (a number keeps its digits), or `undefined`. */
  readonly next: string | undefined
}

export interface JsonPagePaths {
  /** Member names that lead to the array of records; empty means that the body is the array. */
  readonly records: readonly string[]
  /** Member names that lead to the next cursor, where there is one. */
  readonly next: readonly string[] | undefined
}

/**
 * Reads the envelope of a page: where its records are, how many, and the next cursor. Records are
 * stepped over, not parsed. An absent, null, false or empty cursor means that this is the last page.
 *
 * @throws PipelineError SOURCE_MALFORMED when the body is not one complete JSON value, has no array at
 * the records path, or tells of an error beside one that is empty.
 */
export function readJsonPage(body: Uint8Array, paths: JsonPagePaths): JsonPage {
  const walk = new PageWalk(body, paths)
  const end = walk.value(skipSpace(body, bodyStart(body)), 0, true, true)
  if (skipSpace(body, end) < body.length) throw malformedJson('something follows the value', end)
  const { recordsStart, recordsEnd, recordCount, next, errorName } = walk
  if (recordsStart === undefined) throw recordsMissing(paths.records)
  if (recordCount === 0 && errorName !== undefined) throw errorBeside(errorName)
  return { recordsStart, recordsEnd, recordCount, next }
}

class PageWalk {
  readonly #body: Uint8Array
  readonly #paths: JsonPagePaths
  recordsStart: number | undefined
  recordsEnd = 0
  recordCount = 0
  next: string | undefined
  /** The member of the body that tells of an error. */
  errorName: string | undefined

  constructor(body: Uint8Array, paths: JsonPagePaths) {
    this.#body = body
    this.#paths = paths
  }

  /** Steps over the value at `position`, `depth` names down; says where it ends. */
  value(position: number, depth: number, toRecords: boolean, toNext: boolean): number {
    const body = this.#body
    const { records, next } = this.#paths
    if (toRecords && depth === records.length) return this.#records(position)
    if (toNext && depth === next?.length) {
      const end = skipValue(body, position)
      this.next = readCursor(body, position, end)
      return end
    }
    if (body[position] !== 0x7b || !(toRecords || toNext)) return skipValue(body, position)
    return eachMember(body, position, (nameStart, nameEnd, valueStart) => {
      const name = parseScalar(body, nameStart, nameEnd)
      if (depth === 0 && tellsError(name, body, valueStart)) this.errorName = name
      return this.value(
        valueStart,
        depth + 1,
        toRecords && name === records[depth],
        toNext && name === next?.[depth],
      )
    })
  }

  #records(position: number): number {
    if (this.#body[position] !== 0x5b) return skipValue(this.#body, position)
    if (this.recordsStart !== undefined) {
      throw malformedJson('the array of records is there twice', position)
    }
    this.recordsStart = position
    this.recordsEnd = eachElement(this.#body, position, (start) => {
      this.recordCount += 1
      return skipValue(this.#body, start)
    })
    return this.recordsEnd
  }
}

/** Whether a member of an answer says that this went wrong, as sources do that answer 200 all the same. */
function tellsError(name: unknown, body: Uint8Array, start: number): name is string {
  if (name === 'success' || name === 'ok') return body[start] === 0x66
  if (name !== 'error' && name !== 'errors') return false
  const first = body[start]
  if (first === 0x22) return body[start + 1] !== 0x22
  if (first !== 0x7b && first !== 0x5b) return first === 0x74
  return body[skipSpace(body, start + 1)] !== (first === 0x7b ? 0x7d : 0x5d)
}

function errorBeside(name: string): PipelineError {
  const message = `the JSON body has no records, and its member \`${name}\` tells of an error`
  return new PipelineError('SOURCE_MALFORMED', message, {
    remedy: 'Look at what the source says there: an empty list beside it is no answer.',
    retryable: true,
  })
}

function readCursor(body: Uint8Array, start: number, end: number): string | undefined {
  const first = body[start]
  if (first === 0x7b || first === 0x5b) {
    throw malformedJson('the next cursor is an array or an object', start)
  }
  const value = parseScalar(body, start, end)
  if (value === null || value === false || value === '') return undefined
  if (typeof value === 'number') return textAt(body, start, end)
  if (typeof value === 'string') return value
  throw malformedJson('the next cursor is neither text nor a number', start)
}

function parseScalar(body: Uint8Array, start: number, end: number): unknown {
  try {
    return JSON.parse(textAt(body, start, end))
  } catch {
    throw malformedJson('a value cannot be read', start)
  }
}

function textAt(body: Uint8Array, start: number, end: number): string {
  return Buffer.from(body.buffer, body.byteOffset + start, end - start).toString('utf8')
}

function recordsMissing(path: readonly string[]): PipelineError {
  const name = ['$', ...path].join('.')
  return new PipelineError('SOURCE_MALFORMED', `the JSON body has no array of records at ${name}`, {
    remedy: 'Compare `source.records` of the pipeline file with what the source serves.',
    retryable: true,
  })
}
