import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  upsertMemo,
} from '@temporalio/workflow'
import type { PathActivities } from './temporal-path-activities.ts'

const { echo, failWith, resume } = proxyActivities<PathActivities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '100ms', maximumAttempts: 2 },
})
const local = proxyLocalActivities<PathActivities>({ startToCloseTimeout: '1 minute' })

/** Large enough to be parked, and another one for each path. */
export function documentOf(path: string): string {
  return `${path}: `.repeat(20_000)
}

/** As large as the server takes without a warning. */
export const memo = { note: 'A memo is for everybody to read. '.repeat(50) }

export const noteSignal = defineSignal<[string]>('note')
export const notesQuery = defineQuery<string[]>('notes')
/** Whether all is done but the waiting. */
export const isWaitingQuery = defineQuery<boolean>('isWaiting')
export const swapUpdate = defineUpdate<string, [string]>('swap')
export const finishSignal = defineSignal('finish')

/**
 * Sends a large value of its own over every path that there is and gives back each as it arrived.
 * Waits for `finish`, then goes on as new with all of it as its argument.
 */
export async function everyPath(found: Readonly<Record<string, string>>): Promise<object> {
  if ('start' in found && Object.keys(found).length > 1) return found
  let isWaiting = false
  let isFinished = false
  const notes: string[] = []
  let swapped = ''
  setHandler(finishSignal, () => {
    isFinished = true
  })
  setHandler(noteSignal, (note) => void notes.push(note))
  setHandler(notesQuery, () => notes)
  setHandler(isWaitingQuery, () => isWaiting)
  setHandler(swapUpdate, (value) => {
    swapped = value
    return documentOf('update result')
  })
  upsertMemo(memo)
  const all = {
    ...found,
    activity: await echo(documentOf('activity')),
    activityAgain: await echo(documentOf('activity')),
    localActivity: await local.echo(documentOf('local activity')),
    child: await executeChild(echoChild, { args: [documentOf('child')] }),
    failure: await detailOf(async () => failWith(documentOf('failure'))),
    childFailure: await detailOf(async () =>
      executeChild(failingChild, { args: [documentOf('child failure')] }),
    ),
    heartbeat: await resume(documentOf('heartbeat')),
  }
  isWaiting = true
  await condition(() => isFinished)
  return continueAsNew<typeof everyPath>({ ...all, signal: notes.join(), update: swapped })
}

/** Its result is another value than its argument. */
export async function echoChild(text: string): Promise<string> {
  return echo(`${text} and back`)
}

export async function failingChild(text: string): Promise<void> {
  throw ApplicationFailure.nonRetryable('as told', 'TOLD', text)
}

async function detailOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
    return 'no failure'
  } catch (error) {
    const isWrapped = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure
    const cause = isWrapped ? error.cause : error
    return cause instanceof ApplicationFailure ? String(cause.details?.[0]) : String(cause)
  }
}
