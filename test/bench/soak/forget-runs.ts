import type { Client } from '@temporalio/client'
import type { ExistingRun } from '../../../activities/index.ts'
import { ordered } from '../../../codec/ordered.ts'
import { isNotFound } from '../../../src/client/raw-histories.ts'
import { createRetentionHistories } from '../../../src/client/retention-histories.ts'
import { checkRun, type CheckPorts } from './check-run.ts'

const checkedAtOnce = 4

/**
 * What a server does with runs that ended longer ago than it keeps them, in the place of one that takes an
 * hour at least. Each is read and decoded whole before it goes: so whatever was lost while it was there is
 * found, if not by its own workers.
 *
 * @param seen Runs that were forgotten; a listing may show them still.
 */
export async function forgetRuns(
  ports: CheckPorts,
  { keptMs, seen }: { readonly keptMs: number; readonly seen: Set<string> },
): Promise<void> {
  const { signal } = new AbortController()
  const { client, counts } = ports
  async function* ended(): AsyncGenerator<ExistingRun, void> {
    for await (const run of createRetentionHistories(client).runs({ signal })) {
      const endedMs = run.closedAt?.getTime() ?? Infinity
      if (endedMs + keptMs <= Date.now() && !seen.has(run.runId)) yield run
    }
  }
  const forgotten = ordered(ended(), checkedAtOnce, async (run) => {
    await checkRun(ports, run, signal)
    seen.add(run.runId)
    await forgetRun(client, run)
    counts.forgotten += 1
  })
  for await (const _ of forgotten) signal.throwIfAborted()
}

/** Asks the server to forget a run, which it does some time later. */
async function forgetRun(
  { workflowService, options }: Client,
  { workflowId, runId }: ExistingRun,
): Promise<void> {
  const { namespace } = options
  const workflowExecution = { workflowId, runId }
  try {
    await workflowService.deleteWorkflowExecution({ namespace, workflowExecution })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
