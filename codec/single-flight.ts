/**
 * Lets those who ask for the same thing at the same time share one piece of work. Where it fails for
 * a reason that may be its starter's own, such as a deadline, the others try for themselves.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<T>>()
  readonly #mayBeOwnTrouble: (error: unknown) => boolean

  constructor(mayBeOwnTrouble: (error: unknown) => boolean) {
    this.#mayBeOwnTrouble = mayBeOwnTrouble
  }

  /** @param signal Gives up waiting for another's work; what that is for goes on. */
  async run(name: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted()
    const underWay = this.#flights.get(name)
    if (underWay !== undefined) {
      try {
        return await unlessAborted(underWay, signal)
      } catch (error) {
        if (!this.#mayBeOwnTrouble(error)) throw error
        return this.run(name, signal, work)
      }
    }
    const flight = work().finally(() => this.#flights.delete(name))
    this.#flights.set(name, flight)
    return flight
  }
}

async function unlessAborted<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const { promise: never, reject } = Promise.withResolvers<never>()
  const giveUp = (): void => reject(signal?.reason)
  signal?.addEventListener('abort', giveUp)
  try {
    return await Promise.race([result, never])
  } finally {
    signal?.removeEventListener('abort', giveUp)
  }
}
