import {
  ApplicationFailure,
  condition,
  continueAsNew,
  defineSignal,
  executeChild,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'

interface HoldingActivities {
  enlarge(name: string): Promise<string>
  holdOn(name: string): Promise<void>
}

const { enlarge } = proxyActivities<HoldingActivities>({ startToCloseTimeout: '1 minute' })
const { holdOn } = proxyActivities<HoldingActivities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '5 minutes',
})

export const goSignal = defineSignal<[string]>('go')

/** Holds large payloads everywhere that a history has room for them, then does what it is told. */
export async function holding(
  text: string,
  then: 'end' | 'fail' | 'continue' | 'wait',
): Promise<string> {
  let told = ''
  setHandler(goSignal, (more) => {
    told = more
  })
  if (text.startsWith('continued')) return text
  const made = await enlarge('activity result')
  const child = await executeChild(holdingChild, { args: [`${made} for a child`] })
  if (then === 'fail') {
    throw ApplicationFailure.nonRetryable('as told', 'AS_TOLD', { text: `${child} of a failure` })
  }
  if (then === 'wait') {
    await Promise.race([condition(() => told !== ''), holdOn('heartbeat')])
  }
  if (then === 'continue') return continueAsNew<typeof holding>(`continued ${made}`, 'end')
  return `${child}${told}`
}

export async function holdingChild(text: string): Promise<string> {
  return `${text}, answered`
}

/** Fails at its first attempt, and waits at its second one. */
export async function failingFirst(text: string): Promise<string> {
  if (workflowInfo().attempt === 1)
    throw ApplicationFailure.create({ message: 'the first attempt' })
  await condition(() => false)
  return text
}
