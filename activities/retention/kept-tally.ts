import type { ObjectFacts } from '../../codec/index.ts'
import type { GarbageFinding, GarbageKind } from './garbage.ts'

/** Counts objects that stay, by subject and reason, so that a plan has a line for many of them. */
export class KeptTally {
  readonly #kind: GarbageKind
  readonly #groups = new Map<
    string,
    { readonly subject: string; readonly reason: string; objects: number; bytes: number }
  >()

  constructor(kind: GarbageKind) {
    this.#kind = kind
  }

  add(subject: string, reason: string, { sizeBytes }: Pick<ObjectFacts, 'sizeBytes'>): void {
    const name = `${subject}\n${reason}`
    const group = this.#groups.get(name) ?? { subject, reason, objects: 0, bytes: 0 }
    group.objects += 1
    group.bytes += sizeBytes
    this.#groups.set(name, group)
  }

  *findings(): Generator<GarbageFinding, void> {
    for (const { subject, reason, objects, bytes } of this.#groups.values()) {
      const size = `objects: ${objects}, bytes: ${bytes}`
      yield { kept: { kind: this.#kind, subject, reason: `${reason} (${size})` } }
    }
  }
}
