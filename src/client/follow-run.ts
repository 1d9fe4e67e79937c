import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import type { QueryDefinition } from '@temporalio/common'
import { loadFailure } from './load-failure.ts'
import { queryProgress } from './query-progress.ts'
import { runPending, type RunPending } from './run-pending.ts'

const pollIntervalMs = 400

/** A run that was started or joined. */
export interface FollowedRun<Result> {
  readonly workflowId: string
  /** Waits for the end of the chain. */
  result(): Promise<Result>
}

/** What is seen of a run while it is waited for. */
export interface RunSight<Progress> {
  /** Nothing while no worker answers. */
  readonly progress: Progress | undefined
  readonly pending: RunPending
}

/**
 * Waits for a run, showing what it does meanwhile, and what fails there.
 *
 * @param progressQuery What the run answers of its progress.
 * @throws CodedError what the run failed with
 */
export async function followRun<Progress, Result>(
  client: Client,
  run: FollowedRun<Result>,
  progressQuery: QueryDefinition<Progress>,
  show: (sight: RunSight<Progress>) => void,
): Promise<Result> {
  const ended = new AbortController()
  const watching = watch(client, run.workflowId, { progressQuery, show, signal: ended.signal })
  try {
    return await run.result()
  } catch (error) {
    throw loadFailure(error, run.workflowId)
  } finally {
    ended.abort()
    await watching
  }
}

interface Watching<Progress> {
  readonly progressQuery: QueryDefinition<Progress>
  readonly show: (sight: RunSight<Progress>) => void
  readonly signal: AbortSignal
}

async function watch<Progress>(
  client: Client,
  workflowId: string,
  { progressQuery, show, signal }: Watching<Progress>,
): Promise<void> {
  const handle = client.workflow.getHandle(workflowId)
  while (!signal.aborted) {
    try {
      const pending = await runPending(client, await handle.describe())
      const progress = await queryProgress(client, workflowId, progressQuery, pending)
      if (!signal.aborted) show({ progress, pending })
    } catch {
      // Between two runs of a chain, or Temporal is away: the next look tells more.
    }
    await delay(pollIntervalMs, undefined, { signal }).catch(() => undefined)
  }
}
