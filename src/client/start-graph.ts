import type { Client } from '@temporalio/client'
import type { LoadInput, PipelineDefinition } from '../../activities/index.ts'
import type { dailyGraph, GraphResult } from '../../workflows/index.ts'
import { CommandError } from '../command-error.ts'
import { parsePartition } from '../pipeline/partition.ts'
import { runLabels } from './run-labels.ts'
import { startOrJoin, type StartedRun } from './start-or-join.ts'

export interface GraphRequest {
  /** Part of the static id: whoever asks for the same graph twice has it once. */
  readonly name: string
  readonly definitions: readonly PipelineDefinition[]
  /** The pipelines that come after any of them, as `planDownstream` finds them. */
  readonly downstream: readonly PipelineDefinition[]
  readonly partition: string
  readonly requestedAt: Date
  readonly taskQueue: string
}

export interface GraphHandle extends StartedRun {
  /** Waits for the end of the chain. */
  result(): Promise<GraphResult>
}

/** The static id of a graph. @throws CommandError PARTITION_INVALID */
export function graphWorkflowId(request: GraphRequest): string {
  return `graph/${request.name}/${loadsOf(request).partition}`
}

/**
 * Starts the loads of many pipelines for one partition, each to wait for those it comes after; or joins
 * the graph of that name and partition that runs already. What is loaded is not loaded again.
 *
 * @throws CommandError PARTITION_INVALID
 */
export async function startGraph(client: Client, request: GraphRequest): Promise<GraphHandle> {
  const { name, downstream, taskQueue } = request
  const requestedAt = request.requestedAt.toISOString()
  const { partition, loads } = loadsOf(request)
  const workflowId = graphWorkflowId(request)
  const { runId, joined } = await startOrJoin<typeof dailyGraph>(client, {
    type: 'dailyGraph',
    workflowId,
    taskQueue,
    args: [{ name, partition, requestedAt, loads, downstream }],
    subject: { partition },
    labels: runLabels(`${loads.length} pipelines ${partition}`, {
      graph: name,
      partition,
      pipelines: loads.map(({ definition }) => definition.name).join(', '),
    }),
  })
  const handle = client.workflow.getHandle<typeof dailyGraph>(workflowId, undefined, {
    firstExecutionRunId: runId,
  })
  return { workflowId, runId, joined, result: () => handle.result() }
}

function loadsOf({ definitions, partition: wanted, requestedAt }: GraphRequest): {
  readonly partition: string
  readonly loads: readonly LoadInput[]
} {
  const loads = definitions.map((definition): LoadInput => {
    const { name, interval } = parsePartition(wanted, definition.schedule?.timezone)
    return {
      definition,
      partition: name,
      interval,
      requestedAt: requestedAt.toISOString(),
      refetch: false,
    }
  })
  const partition = loads[0]?.partition ?? parsePartition(wanted).name
  const other = loads.find((load) => load.partition !== partition)
  if (other !== undefined) throw slicesDiffer(partition, other)
  return { partition, loads }
}

/** A range of hours is a day by one clock, and none by another. */
function slicesDiffer(partition: string, { definition, partition: name }: LoadInput): CommandError {
  return new CommandError(
    'PARTITION_INVALID',
    `the slice is ${partition} by one clock and ${name} by that of ${definition.name}`,
    { remedy: 'Give a partition that has one name in all time zones, such as a day or a month.' },
  )
}
