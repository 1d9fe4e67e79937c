/** Remembers the last `limit` entries that were set. */
export class RecentMap<V> {
  readonly #limit: number
  readonly #entries = new Map<string, V>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get(name: string): V | undefined {
    return this.#entries.get(name)
  }

  set(name: string, value: V): void {
    this.#entries.delete(name)
    this.#entries.set(name, value)
    if (this.#entries.size <= this.#limit) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      return
    }
  }

  delete(name: string): void {
    this.#entries.delete(name)
  }
}
