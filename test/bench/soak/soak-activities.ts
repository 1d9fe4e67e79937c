import { activityInfo, Context, sleep } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import type { Claim, Claims } from '../../../codec/index.ts'
import { contentOf } from './soak-content.ts'

export interface ParkRequest {
  readonly numbers: readonly number[]
  /** How long it takes: what is parked first is reported so much later. */
  readonly forMs: number
}

export interface ParkedContents {
  readonly numbers: readonly number[]
  readonly claims: readonly Claim<string>[]
}

export type SoakActivities = ReturnType<typeof createSoakActivities>

const beatMs = 500

/** Activities whose results, failures and heartbeats are large; what they read they compare. */
export function createSoakActivities(claims: Claims) {
  const requireContent = (text: unknown, number: number): void => {
    if (text === contentOf(number)) return
    throw ApplicationFailure.nonRetryable(`another content than ${number}`, 'SOAK_WRONG')
  }
  return {
    /** Every third one fails the first time, with a large detail. */
    async makeContent(number: number): Promise<string> {
      const content = contentOf(number)
      if (number % 3 === 0 && activityInfo().attempt === 1) {
        throw ApplicationFailure.create({ message: 'the first attempt', details: [content] })
      }
      return content
    },
    /** Parks values over some time, and tells of them at the end. */
    async parkSlowly({ numbers, forMs }: ParkRequest): Promise<ParkedContents> {
      const parked: Claim<string>[] = []
      for (const number of numbers) {
        parked.push(await claims.parkValue(contentOf(number)))
        Context.current().heartbeat(contentOf(number))
        await sleep(forMs / numbers.length)
      }
      return { numbers, claims: parked }
    },
    async fetchParked({ numbers, claims: parked }: ParkedContents): Promise<void> {
      for (const [index, claim] of parked.entries())
        requireContent(await claims.fetchValue(claim), numbers[index] ?? -1)
    },
    /** Beats with a large detail until it is cancelled. */
    async beat(number: number): Promise<void> {
      const before: unknown = Context.current().info.heartbeatDetails
      if (before !== undefined) requireContent(before, number)
      for (;;) {
        Context.current().heartbeat(contentOf(number))
        await sleep(beatMs)
      }
    },
  }
}
