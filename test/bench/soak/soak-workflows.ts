import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  condition,
  continueAsNew,
  defineSignal,
  executeChild,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { ParkedContents, SoakActivities } from './soak-activities.ts'
import { contentOf } from './soak-content.ts'

const { makeContent, parkSlowly, fetchParked } = proxyActivities<SoakActivities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '100ms', maximumInterval: '1s' },
})
const { beat } = proxyActivities<SoakActivities>({
  startToCloseTimeout: '1 day',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '100ms', maximumInterval: '1s' },
})

export interface Told {
  readonly number: number
  readonly content: string
}

export const tellSignal = defineSignal<[Told]>('tell')
export const endSignal = defineSignal('end')

export interface Gathering {
  /** Of the contents that it works with, its own first. */
  readonly numbers: readonly [number, number, number, number]
  readonly content: string
  /** By the run before. */
  readonly parked: ParkedContents
  readonly continues: number
  /** How long it parks, and then waits. */
  readonly forMs: number
}

/** Holds large payloads wherever a history has room for them, and hands some on. */
export async function gathering(input: Gathering): Promise<string> {
  const { numbers, content, parked, continues, forMs } = input
  const [own, made, childs, next] = numbers
  requireContent(content, own)
  const told: Told[] = []
  setHandler(tellSignal, (one) => void told.push(one))
  await fetchParked(parked)
  requireContent(await makeContent(made), made)
  requireContent(await executeChild(answering, { args: [contentOf(childs), childs] }), childs)
  requireContent(await failureOf(childs), childs)
  const more = await parkSlowly({ numbers: [childs, next], forMs })
  await condition(() => told.length > 0, forMs)
  for (const one of told) requireContent(one.content, one.number)
  if (continues > 0) {
    return continueAsNew<typeof gathering>({
      numbers: [next, own, made, childs],
      content: contentOf(next),
      parked: more,
      continues: continues - 1,
      forMs,
    })
  }
  await fetchParked(more)
  return contentOf(own)
}

export async function answering(content: string, number: number): Promise<string> {
  requireContent(content, number)
  return content
}

/** Fails with a large detail. */
export async function failing(content: string): Promise<never> {
  throw ApplicationFailure.nonRetryable('as it was told', 'AS_TOLD', content)
}

async function failureOf(number: number): Promise<unknown> {
  try {
    return await executeChild(failing, { args: [contentOf(number)] })
  } catch (error) {
    if (!(error instanceof ChildWorkflowFailure)) throw error
    return error.cause instanceof ApplicationFailure ? error.cause.details?.[0] : undefined
  }
}

/** Comes to its end at the third attempt. */
export async function retried(content: string, number: number): Promise<string> {
  requireContent(content, number)
  if (workflowInfo().attempt < 3)
    throw ApplicationFailure.create({ message: 'once more', details: [content] })
  return makeContent(number)
}

/** As a schedule or a cron starts it: with what the last one has returned. */
export async function repeated(content: string, number: number): Promise<string> {
  requireContent(content, number)
  const { lastResult } = workflowInfo()
  if (lastResult !== undefined) requireContent(lastResult, number)
  return content
}

/** Open for as long as the soak goes on; answers how much it was told, and held to the end. */
export async function keeping(content: string, number: number): Promise<number> {
  const told: Told[] = [{ content, number }]
  let isOver = false
  setHandler(endSignal, () => void (isOver = true))
  setHandler(tellSignal, (one) => void told.push(one))
  const beating = new CancellationScope()
  const beats = beating.run(() => beat(number)).catch(() => undefined)
  let made = 0
  for (;;) {
    await condition(() => isOver || made < told.length)
    const one = told[made]
    if (one === undefined) break
    made += 1
    requireContent(await makeContent(one.number), one.number)
  }
  beating.cancel()
  await beats
  for (const one of told) requireContent(one.content, one.number)
  return told.length
}

function requireContent(text: unknown, number: number): void {
  if (text === contentOf(number)) return
  throw ApplicationFailure.nonRetryable(`another content than ${number}`, 'SOAK_WRONG')
}
