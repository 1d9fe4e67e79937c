/**
 * How much may stay inline of what goes to the server in one message.
 *
 * The codec is asked for one field at a time and not told which message it belongs to. But all fields
 * of one message are asked for in one burst, each call made before or when another one ends; so a
 * burst is over when no call is open for a turn of the event loop. Longer would be wrong too: at a
 * replay the next workflow task follows within a few turns, and is to decide as it did at first.
 */
export class InlineBudget {
  readonly #limitBytes: number
  readonly #bursts = new Map<string, { openCalls: number; usedBytes: number }>()

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** Whose burst a call belongs to is for the caller to say. Close it when the call is over. */
  open(name: string): InlineCall {
    const burst = this.#bursts.get(name) ?? { openCalls: 0, usedBytes: 0 }
    this.#bursts.set(name, burst)
    burst.openCalls += 1
    const endIfOver = (): void => {
      if (burst.openCalls === 0 && this.#bursts.get(name) === burst) this.#bursts.delete(name)
    }
    return {
      leftBytes: () => this.#limitBytes - burst.usedBytes,
      use(bytes) {
        burst.usedBytes += bytes
      },
      close() {
        burst.openCalls -= 1
        if (burst.openCalls === 0) setImmediate(endIfOver)
      },
    }
  }
}

export interface InlineCall {
  leftBytes(): number
  use(bytes: number): void
  close(): void
}
