import { eachLine } from '../json/each-line.ts'
import {
  eachElement,
  eachMember,
  MalformedJsonError,
  memberName,
  skipValue,
} from '../json/json-walk.ts'
import type { RecordsPlace } from '../json/split-records.ts'

const openBrace = 0x7b

/** Ends a look before the end of a body. */
const allFound = new Error('all fields are found')

/** Fields that are looked for in JSON records, each by the members that lead to it. */
export class WantedFields {
  /** By the JSON text of their paths. */
  readonly #missing: Map<string, readonly string[]>

  constructor(paths: readonly (readonly string[])[]) {
    this.#missing = new Map(paths.map((path) => [JSON.stringify(path), path]))
  }

  get areFound(): boolean {
    return this.#missing.size === 0
  }

  isFound(path: readonly string[]): boolean {
    return !this.#missing.has(JSON.stringify(path))
  }

  /** Looks through a body's records, until all are found. A field that is null is there. */
  look(body: Buffer, place: RecordsPlace): void {
    if (!this.#mayHave(body)) return
    try {
      if (place.kind === 'lines') {
        // A view of its own, so that what is not closed does not reach into other lines.
        eachLine(body, (start, end) => this.#lookAt(body.subarray(start, end), 0))
        return
      }
      eachElement(body, place.start, (start) => {
        this.#lookAt(body, start)
        return skipValue(body, start)
      })
    } catch (error) {
      if (error !== allFound) throw error
    }
  }

  /** Whether a name stands there at all, for each member to be looked at. */
  #mayHave(body: Buffer): boolean {
    // Only characters of these kinds have other escapes.
    if (body.includes('\\u')) return true
    return [...this.#missing.values()].some((path) => {
      const name = path.at(-1) ?? ''
      return /["\\/\p{Cc}]/u.test(name) || body.includes(`"${name}"`)
    })
  }

  /** What is malformed is set aside for that. */
  #lookAt(body: Buffer, start: number): void {
    try {
      this.#object(body, start, [...this.#missing.values()], 0)
    } catch (error) {
      if (!(error instanceof MalformedJsonError)) throw error
    }
    if (this.areFound) throw allFound
  }

  /** @param wanted Paths that have led here. Returns the position after the value. */
  #object(
    body: Buffer,
    start: number,
    wanted: readonly (readonly string[])[],
    depth: number,
  ): number {
    if (wanted.length === 0 || body[start] !== openBrace) return skipValue(body, start)
    return eachMember(body, start, (nameStart, nameEnd, valueStart) => {
      const name = memberName(body, nameStart, nameEnd)
      const here = wanted.filter((path) => path[depth] === name)
      for (const path of here) {
        if (path.length === depth + 1) this.#missing.delete(JSON.stringify(path))
      }
      const inner = here.filter((path) => path.length > depth + 1)
      return this.#object(body, valueStart, inner, depth + 1)
    })
  }
}
