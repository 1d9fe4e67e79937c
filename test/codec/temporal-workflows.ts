import {
  ActivityFailure,
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow'
import type { LargeActivities } from './large-activities.ts'

export * from './temporal-claim-workflows.ts'
export * from './temporal-limit-workflows.ts'
export * from './temporal-outage-workflows.ts'
export * from './temporal-path-workflows.ts'
export * from './temporal-secret-workflows.ts'

const { shout, make } = proxyActivities<LargeActivities>({ startToCloseTimeout: '1 minute' })

/** Three large arguments, each through an activity and back. */
export async function threeLarge(one: string, two: string, three: string): Promise<string[]> {
  return Promise.all([shout(one), shout(two), shout(three)])
}

export async function lengthOf(text: string): Promise<number> {
  return text.length
}

/** Sends what it makes itself to an activity elsewhere; says how that went. */
export async function sendLarge(
  taskQueue: string,
  nonRetryableErrorTypes: string[],
): Promise<string> {
  const elsewhere = proxyActivities<LargeActivities>({
    startToCloseTimeout: '1 minute',
    retry: { initialInterval: '200ms', nonRetryableErrorTypes },
    taskQueue,
  })
  return outcomeOf(async () => elsewhere.shout('x'.repeat(300_000)))
}

/** An activity whose result may be too large to store. */
export async function receiveLarge(bytes: number): Promise<string> {
  return outcomeOf(async () => make(bytes))
}

export const letterSignal = defineSignal<[string]>('letter')
export const lettersQuery = defineQuery<string[]>('letters')

export async function mailbox(count: number): Promise<string[]> {
  const letters: string[] = []
  setHandler(letterSignal, (letter) => void letters.push(letter))
  setHandler(lettersQuery, () => letters)
  await condition(() => letters.length >= count)
  return letters
}

async function outcomeOf(work: () => Promise<string>): Promise<string> {
  try {
    return `done ${(await work()).length}`
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : undefined
    if (!(cause instanceof ApplicationFailure)) throw error
    return `${cause.type}: ${cause.message}`
  }
}
