import type { Client } from '@temporalio/client'
import { describeWorkflow, runNotFound } from '../client/find-run.ts'
import { listExecutions } from '../client/raw-histories.ts'
import { resolveRun } from '../client/resolve-run.ts'
import { RunError } from '../client/run-error.ts'

interface WorkflowRun {
  readonly workflowId: string
  readonly runId: string
}

const wholeRunId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * The run of a workflow that a person means. A workflow that is no run of ours is named whole; others as
 * `resolveRun` reads it.
 *
 * @param run Its id, or how that begins. @default the latest
 * @throws RunError RUN_NOT_FOUND, RUN_AMBIGUOUS
 */
export async function runOfWorkflow(
  client: Client,
  { workflow, run, signal }: RunWish,
): Promise<WorkflowRun> {
  const named = await describeWorkflow(client, workflow)
  const workflowId = named === undefined ? await resolveRun(client, workflow) : workflow
  if (run !== undefined)
    return { workflowId, runId: await wholeId(client, workflowId, run, signal) }
  const latest = named ?? (await describeWorkflow(client, workflowId))
  if (latest === undefined) throw runNotFound(workflow)
  return { workflowId, runId: latest.runId }
}

interface RunWish {
  readonly workflow: string
  readonly run: string | undefined
  readonly signal: AbortSignal
}

async function wholeId(
  client: Client,
  workflowId: string,
  run: string,
  signal: AbortSignal,
): Promise<string> {
  // A quote would end the text of the query.
  if (wholeRunId.test(run) || /['"\\]/.test(workflowId)) return run
  const found = await Array.fromAsync(
    listExecutions(client, `WorkflowId = '${workflowId}'`, signal),
    ({ execution }) => execution?.runId ?? '',
  )
  const [only, ...others] = found.filter((id) => id.startsWith(run.toLowerCase()))
  if (only === undefined) throw runNotFound(`${workflowId} ${run}`)
  if (others.length === 0) return only
  throw new RunError('RUN_AMBIGUOUS', 'Several runs of the workflow have ids that begin so', {
    at: { workflowId, run },
    remedy: 'Give more digits of the id; `claimcheck runs history` has those of a chain.',
  })
}
