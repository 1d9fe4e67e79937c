import type { Client } from '@temporalio/client'
import type { QueryDefinition } from '@temporalio/common'
import type { RunPending } from './run-pending.ts'

/** A query waits for a worker, and there may be none. */
const queryTimeoutMs = 2_000

/** What a run answers of its progress; nothing where no worker can. */
export async function queryProgress<Progress>(
  client: Client,
  workflowId: string,
  query: QueryDefinition<Progress> | string,
  { workflowTask }: RunPending,
): Promise<Progress | undefined> {
  // Who cannot go on with the run answers nothing about it either.
  if (workflowTask !== undefined) return undefined
  try {
    return await client.withDeadline(Date.now() + queryTimeoutMs, () =>
      client.workflow.getHandle(workflowId).query(query),
    )
  } catch {
    // Between two runs of a chain, or without a worker: all else is known without it.
    return undefined
  }
}
