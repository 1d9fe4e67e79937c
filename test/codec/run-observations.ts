import type { WorkflowHandle } from '@temporalio/client'
import type { Payload } from '@temporalio/common'
import proto, { type temporal } from '@temporalio/proto'
import {
  isClaimPayload,
  parseClaimPayload,
  type ObjectKey,
  type ObjectStore,
} from '../../codec/index.ts'
import { eventually as waitFor } from '../support/eventually.ts'

const { TimeoutType, WorkflowTaskFailedCause: TaskCause } = proto.temporal.api.enums.v1

/** Every payload of a history, wherever it stands in it. */
export function payloadsIn(value: unknown): Payload[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return []
  if ('metadata' in value && 'data' in value && value.data instanceof Uint8Array) {
    return [value as Payload]
  }
  return Object.values(value).flatMap(payloadsIn)
}

export async function firstBlobOf(handle: WorkflowHandle): Promise<ObjectKey> {
  const claim = await eventually(async () => {
    return payloadsIn(await handle.fetchHistory()).find(isClaimPayload)
  })
  return parseClaimPayload(claim).key
}

export async function firstTaskFailure(handle: WorkflowHandle): Promise<string> {
  return eventually(async () => {
    const { events } = await handle.fetchHistory()
    const failures = events?.map(
      (event) => event.workflowTaskFailedEventAttributes?.failure?.message,
    )
    return failures?.find((message) => typeof message === 'string') ?? undefined
  })
}

export async function firstActivityFailure(handle: WorkflowHandle): Promise<void> {
  await eventually(async () => {
    const { raw } = await handle.describe()
    return raw.pendingActivities?.find(({ lastFailure }) => lastFailure?.message !== undefined)
  })
}

/** What became of workflow tasks that were begun and not completed. */
export function taskFailures(history: temporal.api.history.v1.IHistory): string[] {
  return (history.events ?? []).flatMap((event) => {
    const { timeoutType } = event.workflowTaskTimedOutEventAttributes ?? {}
    // A task that waited for a worker which has gone is no failure.
    if (timeoutType === TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE) return ['timed out']
    const failed = event.workflowTaskFailedEventAttributes
    // Nor is one that the server ends because too much arrived meanwhile; it begins another at once.
    if (!failed || failed.cause === TaskCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND) {
      return []
    }
    return [`${TaskCause[failed.cause ?? 0]}: ${failed.failure?.message ?? ''}`]
  })
}

/** As `waitFor`, for what takes a workflow a task or two. */
export async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  return waitFor('what a run was to come to', look)
}

export async function blobKeys(store: ObjectStore, codecNamespace: string): Promise<ObjectKey[]> {
  const keys: ObjectKey[] = []
  for await (const { key } of store.list(`blobs/${codecNamespace}/`)) keys.push(key)
  return keys
}
