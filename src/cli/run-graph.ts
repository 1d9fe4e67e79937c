import type { Client } from '@temporalio/client'
import { graphProgressQuery } from '../../workflows/index.ts'
import { followRun } from '../client/follow-run.ts'
import { planGraph } from '../client/plan-graph.ts'
import { startGraph } from '../client/start-graph.ts'
import { describeGraph } from './describe-progress.ts'
import { printJson } from './print-json.ts'
import { createProgressLine } from './progress-line.ts'
import { warnWithoutWorker } from './warn-without-worker.ts'

export interface GraphRunRequest {
  /** Where pipelines are found. */
  readonly directories: readonly string[]
  readonly partition: string
  readonly requestedAt: Date
  readonly taskQueue: string
}

/**
 * Starts the loads of all pipelines or joins them, says so, and where that is wanted waits for the end.
 *
 * @throws CommandError PIPELINE_INVALID for a file that is broken, PARTITION_INVALID
 */
export async function runGraph(
  client: Client,
  { directories, partition, requestedAt, taskQueue }: GraphRunRequest,
  { wait, json }: { readonly wait: boolean; readonly json: boolean },
): Promise<void> {
  const { refused, ...planned } = await planGraph(directories)
  const [first] = refused
  if (first !== undefined) throw first.error
  const graph = await startGraph(client, { ...planned, partition, requestedAt, taskQueue })
  const { workflowId, runId, joined } = graph
  const type = joined ? 'joined' : 'started'
  if (json) printJson({ type, workflowId, runId })
  else process.stderr.write(`${type} ${workflowId}\n`)
  await warnWithoutWorker(client, taskQueue)
  if (!wait) return

  const line = createProgressLine(workflowId, describeGraph)
  const result = await followRun(client, graph, graphProgressQuery, line.show).finally(line.end)
  if (json) printJson({ type: 'graph', workflowId, ...result })
  else process.stdout.write(`${workflowId}: ${result.loaded} loaded, ${result.skipped} skipped\n`)
}
