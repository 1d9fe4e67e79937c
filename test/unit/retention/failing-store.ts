import {
  ClaimCheckError,
  MemoryObjectStore,
  type CallOptions,
  type ObjectFacts,
  type ObjectKey,
} from '../../../codec/index.ts'

/** A memory store that breaks off in the middle of a listing or of deleting, where it is told to. */
export class FailingStore extends MemoryObjectStore {
  failListingAfter = Infinity
  failDeletingAfter = Infinity
  hasFailed = false

  recover(): void {
    this.failListingAfter = Infinity
    this.failDeletingAfter = Infinity
    this.hasFailed = false
  }

  async keys(): Promise<ObjectKey[]> {
    return Array.fromAsync(super.list(''), ({ key }) => key)
  }

  /** The keys that lines of the audit name, in objects of that kind. */
  async linesOf(suffix: string): Promise<Set<string>> {
    const keys = new Set<string>()
    for (const object of await this.keys()) {
      if (!object.startsWith('audit/') || !object.endsWith(suffix)) continue
      const text = Buffer.from(await this.get(object)).toString('utf8')
      for (const [, key = ''] of text.matchAll(/"key":"([^"]+)"/g)) keys.add(key)
    }
    return keys
  }

  override async *list(
    prefix: string,
    options: CallOptions & { startAfter?: string } = {},
  ): AsyncGenerator<ObjectFacts, void> {
    for await (const facts of super.list(prefix, options)) {
      this.failListingAfter -= 1
      if (this.failListingAfter < 0) throw this.#failure()
      yield facts
    }
  }

  override async delete(keys: readonly ObjectKey[], options: CallOptions = {}): Promise<void> {
    for (const key of keys) {
      this.failDeletingAfter -= 1
      if (this.failDeletingAfter < 0) throw this.#failure()
      await super.delete([key], options)
    }
  }

  #failure(): ClaimCheckError {
    this.hasFailed = true
    return new ClaimCheckError('STORE_UNREACHABLE', 'The store does not answer', {
      remedy: 'Wait for it.',
      retryable: true,
    })
  }
}
