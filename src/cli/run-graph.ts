import type { Client } from '@temporalio/client'
import { loadFailure } from '../client/load-failure.ts'
import { planDownstream } from '../client/plan-downstream.ts'
import { startGraph } from '../client/start-graph.ts'
import type { ListedPipeline } from '../pipeline/list-pipelines.ts'
import { printJson } from './print-json.ts'
import { warnWithoutWorker } from './warn-without-worker.ts'

export interface GraphRunRequest {
  readonly listed: readonly ListedPipeline[]
  readonly partition: string
  readonly requestedAt: Date
  readonly taskQueue: string
}

/** Of all pipelines; so that each partition has one. */
const graphName = 'all'

/**
 * Starts the loads of all pipelines or joins them, says so, and where that is wanted waits for the end.
 *
 * @throws CommandError PIPELINE_INVALID for a file that is broken, PARTITION_INVALID
 */
export async function runGraph(
  client: Client,
  { listed, partition, requestedAt, taskQueue }: GraphRunRequest,
  { wait, json }: { readonly wait: boolean; readonly json: boolean },
): Promise<void> {
  const definitions = listed.map((file) => {
    if (file.kind === 'invalid') throw file.error
    return file.definition
  })
  // Unknown upstreams and circles show where one is asked for what comes after it.
  const downstream = new Map(
    definitions
      .flatMap(({ name }) => planDownstream(name, listed))
      .map((definition) => [definition.name, definition]),
  )
  const graph = await startGraph(client, {
    name: graphName,
    definitions,
    downstream: [...downstream.values()],
    partition,
    requestedAt,
    taskQueue,
  })
  const { workflowId, firstExecutionRunId: runId, joined } = graph
  const type = joined ? 'joined' : 'started'
  if (json) printJson({ type, workflowId, runId })
  else process.stderr.write(`${type} ${workflowId}\n`)
  await warnWithoutWorker(client, taskQueue)
  if (!wait) return

  const result = await graph.result().catch((error: unknown) => {
    throw loadFailure(error, workflowId)
  })
  if (json) printJson({ type: 'graph', workflowId, ...result })
  else process.stdout.write(`${workflowId}: ${result.loaded} loaded, ${result.skipped} skipped\n`)
}
