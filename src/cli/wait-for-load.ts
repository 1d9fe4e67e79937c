import type { Client } from '@temporalio/client'
import { progressQuery } from '../../workflows/index.ts'
import { followRun } from '../client/follow-run.ts'
import { startLoad, type LoadRequest } from '../client/start-load.ts'
import { describeProgress } from './describe-progress.ts'
import { describeLoad, summariseLoad } from './load-summary.ts'
import { printJson } from './print-json.ts'
import { printPlan } from './print-plan.ts'
import { createProgressLine } from './progress-line.ts'
import { warnWithoutWorker } from './warn-without-worker.ts'

/**
 * Starts a load or joins the one that runs, says so, and where that is wanted shows progress, waits for
 * the end and says what was loaded.
 */
export async function waitForLoad(
  client: Client,
  request: LoadRequest,
  { wait, json }: { readonly wait: boolean; readonly json: boolean },
): Promise<void> {
  const handle = await startLoad(client, request)
  const { workflowId, runId, joined } = handle
  const type = joined ? 'joined' : 'started'
  if (json) printJson({ type, workflowId, runId })
  else process.stderr.write(`${type} ${workflowId}\n`)
  await warnWithoutWorker(client, request.taskQueue)
  if (!wait) return

  const pipeline = request.definition.name
  const line = createProgressLine(pipeline, describeProgress)
  const result = await followRun(client, handle, progressQuery, line.show).finally(line.end)
  const seconds = (Date.now() - request.requestedAt.getTime()) / 1000
  const summary = await summariseLoad(client, handle, { pipeline, seconds, result })
  if (summary.plan !== undefined) printPlan(summary, summary.plan, json)
  else if (json) printJson({ type: summary.skipped === true ? 'skipped' : 'loaded', ...summary })
  else process.stdout.write(`${describeLoad(summary)}\n`)
}
