import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import type { QueryDefinition } from '@temporalio/common'
import { loadFailure } from './load-failure.ts'
import { runPending, type RunPending } from './run-pending.ts'

const pollIntervalMs = 400

/** A query waits for a worker, and there may be none. */
const queryTimeoutMs = 2_000

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
  const ask = (): Promise<Progress> =>
    client.withDeadline(Date.now() + queryTimeoutMs, () => handle.query(progressQuery))
  while (!signal.aborted) {
    try {
      const pending = await runPending(client, await handle.describe())
      // Who cannot go on with the run answers nothing about it either.
      const canAnswer = pending.workflowTask === undefined
      const progress = canAnswer ? await ask().catch(() => undefined) : undefined
      if (!signal.aborted) show({ progress, pending })
    } catch {
      // Between two runs of a chain, or Temporal is away: the next look tells more.
    }
    await delay(pollIntervalMs, undefined, { signal }).catch(() => undefined)
  }
}
