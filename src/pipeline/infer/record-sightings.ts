import { FieldSightings } from './field-sightings.ts'
import type { ValueKind } from '../../../activities/evolution/value-kind.ts'

/** What PostgreSQL takes in one table; a source with more fields uses data as names. */
const MAX_FIELDS = 1600

/** A value that is not null. */
export interface SeenValue {
  readonly kind: ValueKind
  /** As it is written; of a text, what it says. */
  readonly text: string
  /** Of an object, unless it stands too deep to be looked into. */
  readonly members?: SeenMembers
}

/** Names and values in order, null as `undefined`. */
export type SeenMembers = Iterable<readonly [name: string, value: SeenValue | undefined]>

/** What was seen of all records, field by field in the order of their first appearance. */
export class RecordSightings {
  readonly #fields = new Map<string, FieldSightings>()
  readonly #members = new Map<string, RecordSightings>()
  /** Fields that a pipeline file cannot name. */
  readonly unreadable = new Set<string>()
  records = 0
  /** Records that are not of the format at all. */
  malformed = 0
  /** Whether there are more fields than are looked at. */
  hasMoreFields = false

  get fields(): readonly FieldSightings[] {
    return [...this.#fields.values()]
  }

  /** What was seen of the objects in a field, each of them taken for a record. */
  membersOf({ name }: FieldSightings): RecordSightings | undefined {
    return this.#members.get(name)
  }

  /** Looks at one record. */
  see(values: SeenMembers): void {
    this.records += 1
    for (const [name, value] of values) {
      const field = this.#fieldOf(name)
      if (field === undefined) continue
      field.present += 1
      if (value === undefined) continue
      field.see(value.kind, value.text)
      if (value.members === undefined) continue
      const members = this.#members.get(name) ?? new RecordSightings()
      this.#members.set(name, members)
      members.see(value.members)
    }
  }

  #fieldOf(name: string): FieldSightings | undefined {
    const known = this.#fields.get(name)
    if (known !== undefined) return known
    if (this.#fields.size === MAX_FIELDS) {
      this.hasMoreFields = true
      return undefined
    }
    const field = new FieldSightings(name)
    this.#fields.set(name, field)
    return field
  }
}
