import { MemoryObjectStore, type ObjectKey } from '../../../codec/index.ts'

/** A memory store that counts what is asked of it, slowly enough that calls overlap. */
export class WatchedStore extends MemoryObjectStore {
  readonly written: ObjectKey[] = []
  readonly read: ObjectKey[] = []
  mostAtOnce = 0
  failNextWrite = false
  #atOnce = 0

  override async putIfAbsent(
    ...[key, body, options]: Parameters<MemoryObjectStore['putIfAbsent']>
  ): Promise<'written' | 'present'> {
    this.written.push(key)
    if (this.failNextWrite) {
      this.failNextWrite = false
      throw new Error('out of order')
    }
    return this.#slowly(async () => super.putIfAbsent(key, body, options))
  }

  override async get(...[key, options]: Parameters<MemoryObjectStore['get']>): Promise<Uint8Array> {
    this.read.push(key)
    return this.#slowly(async () => super.get(key, options))
  }

  async keys(): Promise<ObjectKey[]> {
    const keys: ObjectKey[] = []
    for await (const { key } of this.list('')) keys.push(key)
    return keys
  }

  async #slowly<T>(work: () => Promise<T>): Promise<T> {
    this.#atOnce += 1
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce)
    try {
      await new Promise((resolve) => setTimeout(resolve, 5))
      return await work()
    } finally {
      this.#atOnce -= 1
    }
  }
}
