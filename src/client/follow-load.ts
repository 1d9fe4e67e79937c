import type { Client } from '@temporalio/client'
import { setTimeout as delay } from 'node:timers/promises'
import { progressQuery, type LoadProgress, type LoadResult } from '../../workflows/index.ts'
import { loadFailure } from './load-failure.ts'
import type { LoadHandle } from './start-load.ts'

const pollIntervalMs = 400

export interface LoadView {
  readonly progress: LoadProgress | undefined
  /** What an activity that is being retried last failed with, and how often. */
  readonly trouble: { readonly message: string; readonly attempt: number } | undefined
}

/**
 * Waits for a load, showing what it does meanwhile.
 *
 * @throws CodedError what the run failed with
 */
export async function followLoad(
  client: Client,
  handle: LoadHandle,
  show: (view: LoadView) => void,
): Promise<LoadResult> {
  const { workflowId } = handle
  const ended = new AbortController()
  const watching = watch(client, workflowId, show, ended.signal)
  try {
    return await handle.result()
  } catch (error) {
    throw loadFailure(error, workflowId)
  } finally {
    ended.abort()
    await watching
  }
}

async function watch(
  client: Client,
  workflowId: string,
  show: (view: LoadView) => void,
  signal: AbortSignal,
): Promise<void> {
  const handle = client.workflow.getHandle(workflowId)
  while (!signal.aborted) {
    try {
      const { raw } = await handle.describe()
      const [retried] = (raw.pendingActivities ?? []).filter(({ attempt }) => (attempt ?? 1) > 1)
      const message = retried?.lastFailure?.message
      const trouble = message ? { message, attempt: retried?.attempt ?? 1 } : undefined
      if (trouble !== undefined) show({ progress: undefined, trouble })
      // Answered by a worker: without one it waits, and the description above is all there is.
      show({ progress: await handle.query(progressQuery), trouble })
    } catch {
      // Between two runs of a chain, or without a worker: the next look tells more.
    }
    await delay(pollIntervalMs, undefined, { signal }).catch(() => undefined)
  }
}
