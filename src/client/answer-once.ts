import { createHash } from 'node:crypto'
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client'
import type { z } from 'zod'
import { answeredSignal, type keyedRequest } from '../../workflows/index.ts'
import { decodePayload } from './decode-payload.ts'
import { RunError } from './run-error.ts'

/** A try with the same key that was never answered. */
export interface EarlierTry {
  /** What has been done since it came may be its work. */
  readonly since: Date
  /** As of its `KeyedRequest`. */
  readonly chosen: string | undefined
}

export interface KeyedRequest<Answer> {
  readonly key: string
  /** All that tells this request from another one. */
  readonly request: string
  /** What the request leaves open and was chosen for it: of another try it may be another one. @default nothing */
  readonly chosen?: string | undefined
  readonly taskQueue: string
  readonly answerSchema: z.ZodType<Answer>
  /** Does what is asked for, and says what to answer. */
  readonly act: (earlier: EarlierTry | undefined) => Promise<Answer>
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
  { key, request, chosen, taskQueue, answerSchema, act }: KeyedRequest<Answer>,
): Promise<Answer> {
  const workflowId = `request/${digestOf(key)}`
  const digest = digestOf(request)
  const memo = { request: digest, ...(chosen === undefined ? {} : { chosen }) }
  const earlier = await keep(client, { workflowId, memo, taskQueue })
  if (earlier !== undefined) {
    const answered = await earlierAnswer(client, workflowId)
    if (answered !== undefined) return answerSchema.parse(answered)
  }
  const answer = await act(earlier)
  try {
    await client.workflow.getHandle(workflowId).signal(answeredSignal, answer)
  } catch (error) {
    // Another one with this key was answered meanwhile.
    if (!(error instanceof WorkflowNotFoundError)) throw error
  }
  return answer
}

/** Sets the key aside for a request; answers by which try, where that had been done before. */
async function keep(
  client: Client,
  {
    workflowId,
    memo,
    taskQueue,
  }: {
    readonly workflowId: string
    readonly memo: { readonly request: string; readonly chosen?: string }
    readonly taskQueue: string
  },
): Promise<EarlierTry | undefined> {
  try {
    await client.workflow.start<typeof keyedRequest>('keyedRequest', {
      workflowId,
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      taskQueue,
      args: [],
      memo,
    })
    return undefined
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    const { memo: kept, startTime } = await client.workflow.getHandle(workflowId).describe()
    if (kept?.['request'] !== memo.request) throw keyReused()
    const { chosen } = kept
    return { since: startTime, chosen: typeof chosen === 'string' ? chosen : undefined }
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
  return decodePayload(client, signal?.input?.payloads?.[0])
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
