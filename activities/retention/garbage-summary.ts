import type { Garbage, GarbageFinding, GarbageKept, GarbageKind } from './garbage.ts'

/** One line of a plan's table. */
export interface GarbageGroup {
  readonly kind: GarbageKind
  /** The week of blobs, the pipeline of datasets and landings; of others nothing. */
  readonly group: string
  readonly reason: string
  readonly objects: number
  readonly sizeBytes: number
}

/** A plan in short: what a person decides by, whatever the number of objects. */
export interface GarbageSummary {
  readonly objects: number
  readonly sizeBytes: number
  readonly groups: readonly GarbageGroup[]
  /** The first of them. */
  readonly kept: readonly GarbageKept[]
  /** How many more there are. */
  readonly furtherKept: number
}

const mostKept = 500
const mostGroups = 2_000

/** Sums up a plan while it passes by. */
export class GarbageTally {
  readonly #groups = new Map<
    string,
    { -readonly [Name in keyof GarbageGroup]: GarbageGroup[Name] }
  >()
  readonly #kept: GarbageKept[] = []
  #furtherKept = 0
  #objects = 0
  #sizeBytes = 0

  get objects(): number {
    return this.#objects
  }

  add(finding: GarbageFinding): void {
    if ('garbage' in finding) this.#count(finding.garbage)
    else if (this.#kept.length < mostKept) this.#kept.push(finding.kept)
    else this.#furtherKept += 1
  }

  summary(): GarbageSummary {
    return {
      objects: this.#objects,
      sizeBytes: this.#sizeBytes,
      groups: [...this.#groups.values()],
      kept: this.#kept,
      furtherKept: this.#furtherKept,
    }
  }

  #count(garbage: Garbage): void {
    const { kind, reason, sizeBytes } = garbage
    this.#objects += 1
    this.#sizeBytes += sizeBytes
    const isRoomLeft = this.#groups.size < mostGroups
    const group = isRoomLeft ? groupOf(garbage) : 'others'
    const name = `${kind}\n${group}\n${isRoomLeft ? reason : ''}`
    const counted = this.#groups.get(name) ?? { kind, group, reason, objects: 0, sizeBytes: 0 }
    counted.objects += 1
    counted.sizeBytes += sizeBytes
    this.#groups.set(name, counted)
  }
}

function groupOf({ kind, key }: Garbage): string {
  const [, second = '', third = ''] = key.split('/')
  if (kind === 'blob') return third
  return kind === 'dataset' || kind === 'landing' ? second : ''
}
