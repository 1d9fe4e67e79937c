import { setTimeout as delay } from 'node:timers/promises'

/** Spaces the requests of this process to one origin evenly, whatever pipeline they are for. */
export class RequestRate {
  /** When the next request may be sent, by origin, on the clock of `now`. */
  readonly #nextMs = new Map<string, number>()
  readonly #now: () => number

  /** @param now Milliseconds of a clock that only goes forward. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** How long a request that is asked for now has to wait, in milliseconds; its turn is then taken. */
  take(origin: string, requestsPerSecond: number): number {
    const now = this.#now()
    const turn = Math.max(now, this.#nextMs.get(origin) ?? 0)
    this.#nextMs.set(origin, turn + 1000 / requestsPerSecond)
    return turn - now
  }

  /** Waits for a turn; rejects when `signal` aborts. */
  async wait(origin: string, requestsPerSecond: number, signal: AbortSignal): Promise<void> {
    const waitMs = this.take(origin, requestsPerSecond)
    if (waitMs > 0) await delay(waitMs, undefined, { signal })
  }
}
