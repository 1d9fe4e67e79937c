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
 * @throws PipelineError SOURCE_MALFORMED when the body is not one complete JSON value, or has no
 * array at the records path.
 */
export function readJsonPage(body: Uint8Array, paths: JsonPagePaths): JsonPage {
  const walk = new PageWalk(body, paths)
  const end = walk.value(skipSpace(body, bodyStart(body)), 0, true, true)
  if (skipSpace(body, end) < body.length) throw malformedJson('something follows the value', end)
  const { recordsStart, recordsEnd, recordCount, next } = walk
  if (recordsStart === undefined) throw recordsMissing(paths.records)
  return { recordsStart, recordsEnd, recordCount, next }
}

class PageWalk {
  readonly #body: Uint8Array
  readonly #paths: JsonPagePaths
  recordsStart: number | undefined
  recordsEnd = 0
  recordCount = 0
  next: string | undefined

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
