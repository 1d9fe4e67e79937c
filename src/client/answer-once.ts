import { createHash } from 'node:crypto'
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client'
import type { z } from 'zod'
import { answeredSignal, type keyedRequest } from '../../workflows/index.ts'
import { RunError } from './run-error.ts'

export interface KeyedRequest<Answer> {
  readonly key: string
  /** All that tells this request from another one. */
  readonly request: string
  readonly taskQueue: string
  readonly answerSchema: z.ZodType<Answer>
  /**
   * Does what is asked for, and says what to answer.
   *
   * @param since Set when an earlier try with this key was never answered: when that one came. What has
   * been done since may be that try's work.
   */
  readonly act: (since: Date | undefined) => Promise<Answer>
}

/**
 * Answers a request that comes with an idempotency key once: again, it is given the same answer, also
 * when what was started has ended. Temporal remembers, in a workflow of its own for each key, as long as
 * the namespace keeps what has ended; no worker is needed for that.
 *
 * @throws RunError IDEMPOTENCY_KEY_REUSED
 */
export async function answerOnce<Answer>(
  client: Client,
  { key, request, taskQueue, answerSchema, act }: KeyedRequest<Answer>,
): Promise<Answer> {
  const workflowId = `request/${digestOf(key)}`
  const digest = digestOf(request)
  const since = await keep(client, { workflowId, digest, taskQueue })
  if (since !== undefined) {
    const earlier = await earlierAnswer(client, workflowId)
    if (earlier !== undefined) return answerSchema.parse(earlier)
  }
  const answer = await act(since)
  try {
    await client.workflow.getHandle(workflowId).signal(answeredSignal, answer)
  } catch (error) {
    // Another one with this key was answered meanwhile.
    if (!(error instanceof WorkflowNotFoundError)) throw error
  }
  return answer
}

/** Sets the key aside for a request; answers since when, where that had been done before. */
async function keep(
  client: Client,
  {
    workflowId,
    digest,
    taskQueue,
  }: Readonly<Record<'workflowId' | 'digest' | 'taskQueue', string>>,
): Promise<Date | undefined> {
  try {
    await client.workflow.start<typeof keyedRequest>('keyedRequest', {
      workflowId,
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      taskQueue,
      args: [],
      memo: { request: digest },
    })
    return undefined
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    const { memo, startTime } = await client.workflow.getHandle(workflowId).describe()
    if (memo?.['request'] === digest) return startTime
    throw keyReused()
  }
}

export function keyReused(): RunError {
  return new RunError('IDEMPOTENCY_KEY_REUSED', 'The idempotency key came with another request', {
    remedy: 'Take a new key for each request, and the same one only to repeat it.',
  })
}

/** From the history, where it stands as soon as it was sent: the workflow itself may wait for a worker. */
async function earlierAnswer(client: Client, workflowId: string): Promise<unknown> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory()
  const signal = (events ?? [])
    .map((event) => event.workflowExecutionSignaledEventAttributes)
    .find((attributes) => attributes?.signalName === answeredSignal.name)
  const { payloadCodecs, payloadConverter } = client.options.loadedDataConverter
  let payloads = signal?.input?.payloads ?? []
  // The last one to encode is the first one to decode.
  for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode([...payloads])
  const [payload] = payloads
  return payload === undefined ? undefined : payloadConverter.fromPayload(payload)
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
