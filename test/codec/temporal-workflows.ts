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

const proxies = (taskQueue?: string): LargeActivities =>
  proxyActivities<LargeActivities>({
    startToCloseTimeout: '1 minute',
    ...(taskQueue === undefined ? {} : { taskQueue }),
  })

/** Three large arguments, each through an activity and back. */
export async function threeLarge(one: string, two: string, three: string): Promise<string[]> {
  const { shout } = proxies()
  return Promise.all([shout(one), shout(two), shout(three)])
}

export async function lengthOf(text: string): Promise<number> {
  return text.length
}

/** Sends what it makes itself to an activity elsewhere; says how that failed. */
export async function sendLarge(taskQueue: string): Promise<string> {
  try {
    return `done ${(await proxies(taskQueue).shout('x'.repeat(300_000))).length}`
  } catch (error) {
    return failureOf(error)
  }
}

/** An activity whose result cannot be stored. */
export async function receiveTooLarge(bytes: number): Promise<string> {
  try {
    return `done ${(await proxies().make(bytes)).length}`
  } catch (error) {
    return failureOf(error)
  }
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

function failureOf(error: unknown): string {
  if (!(error instanceof ActivityFailure)) throw error
  const { cause } = error
  if (!(cause instanceof ApplicationFailure)) throw error
  return `${cause.type} ${cause.nonRetryable ? 'for good' : 'for now'}: ${cause.message}`
}
