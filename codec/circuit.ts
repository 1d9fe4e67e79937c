import { abortablePause } from './abortable-pause.ts'
import { ClaimCheckError } from './claim-check-error.ts'
import type { ErrorPlace } from './coded-error.ts'
import type { CallOptions } from './object-store.ts'

export interface CircuitOptions {
  /** Calls in a row that could not reach the store until it is no longer asked. @default 5 */
  readonly failuresToOpen?: number | undefined
  /** How long between two looks whether it answers again. @default 5_000 */
  readonly openForMs?: number | undefined
  /** @default () => new Date() */
  readonly clock?: (() => Date) | undefined
}

/** What is known while the circuit is open. */
interface Outage {
  /** When the first of the calls in a row failed. */
  readonly since: Date
  /** From then on one call may try, and moves this on. */
  nextProbeAt: Date
}

/** One call that was let through. Told how it ended, once. */
export interface Passage {
  answered(): void
  failed(error: unknown): void
}

/**
 * Knows whether a store answers. Any answer closes the circuit, a refusal too; a caller that gave up
 * says nothing. A failure counts only where no call was answered since it began: what fails among
 * calls that succeed is not an outage.
 */
export class Circuit {
  readonly #failuresToOpen: number
  readonly #openForMs: number
  readonly #clock: () => Date
  readonly #at: ErrorPlace
  #failures: { count: number; since: Date; last: ClaimCheckError } | undefined
  #outage: Outage | undefined
  #answers = 0

  constructor(at: ErrorPlace, options: CircuitOptions) {
    this.#at = at
    this.#failuresToOpen = options.failuresToOpen ?? 5
    this.#openForMs = options.openForMs ?? 5_000
    this.#clock = options.clock ?? (() => new Date())
  }

  /** Lets a call through at once, or fails it; a patient one waits for its turn instead. */
  async enter({ signal, patient = false }: CallOptions): Promise<Passage> {
    for (;;) {
      signal?.throwIfAborted()
      const outage = this.#outage
      if (outage === undefined) return this.#passage(undefined)
      const waitMs = this.#untilProbeMs(outage)
      if (waitMs === 0) {
        outage.nextProbeAt = this.#later()
        return this.#passage(outage)
      }
      if (!patient) throw this.#notAnswering(outage)
      await this.wait(signal, waitMs)
    }
  }

  async wait(signal: AbortSignal | undefined, waitMs = this.#openForMs): Promise<void> {
    await abortablePause(waitMs, signal)
  }

  #passage(probed: Outage | undefined): Passage {
    const answersBefore = this.#answers
    return {
      answered: () => {
        this.#answers += 1
        this.#failures = undefined
        this.#outage = undefined
      },
      failed: (error) => {
        if (isUnreachable(error)) {
          if (probed !== undefined) probed.nextProbeAt = this.#later()
          if (answersBefore === this.#answers) this.#count(error)
        } else if (probed !== undefined) {
          // A probe that ended without an answer gives its turn to the next call.
          probed.nextProbeAt = this.#clock()
        }
      },
    }
  }

  #count(last: ClaimCheckError): void {
    const { count, since } = this.#failures ?? { count: 0, since: this.#clock() }
    this.#failures = { count: count + 1, since, last }
    if (count + 1 < this.#failuresToOpen) return
    this.#outage ??= { since, nextProbeAt: this.#later() }
  }

  #later(): Date {
    return new Date(this.#clock().getTime() + this.#openForMs)
  }

  /** Never more than `openForMs`, wherever the machine's clock was set meanwhile. */
  #untilProbeMs({ nextProbeAt }: Outage): number {
    const waitMs = nextProbeAt.getTime() - this.#clock().getTime()
    return waitMs > this.#openForMs ? 0 : Math.max(0, waitMs)
  }

  #notAnswering({ since, nextProbeAt }: Outage): ClaimCheckError {
    return new ClaimCheckError(
      'STORE_UNREACHABLE',
      `The store has not answered since ${since.toISOString()} and is asked again at ${nextProbeAt.toISOString()}`,
      {
        remedy: 'Check that the store runs; calls pass again as soon as it answers.',
        retryable: true,
        at: this.#at,
        cause: this.#failures?.last,
      },
    )
  }
}

export function isUnreachable(error: unknown): error is ClaimCheckError {
  return error instanceof ClaimCheckError && error.code === 'STORE_UNREACHABLE'
}
