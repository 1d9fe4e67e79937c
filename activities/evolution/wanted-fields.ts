import { eachLine } from '../json/each-line.ts'
import { eachMember, memberName, skipValue } from '../json/json-walk.ts'

/** Fields that are looked for in JSON records, by their names there. */
export class WantedFields {
  readonly #missing: Set<string>

  constructor(names: readonly string[]) {
    this.#missing = new Set(names)
  }

  get areFound(): boolean {
    return this.#missing.size === 0
  }

  isFound(name: string): boolean {
    return !this.#missing.has(name)
  }

  /** Looks through sound records, one a line, until all are found. A field that is null is there. */
  look(lines: Buffer): void {
    if (!this.#mayHave(lines)) return
    eachLine(lines, (start) => {
      if (this.areFound) return
      eachMember(lines, start, (nameStart, nameEnd, valueStart) => {
        this.#missing.delete(memberName(lines, nameStart, nameEnd))
        return skipValue(lines, valueStart)
      })
    })
  }

  /** Whether a name stands there at all, for each member to be looked at. */
  #mayHave(lines: Buffer): boolean {
    // Only characters of these kinds have other escapes.
    if (lines.includes('\\u')) return true
    return [...this.#missing].some(
      (name) => /["\\/\p{Cc}]/u.test(name) || lines.includes(`"${name}"`),
    )
  }
}
