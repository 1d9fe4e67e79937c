import {
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  type Client,
  type WorkflowHandleWithFirstExecutionRunId,
} from '@temporalio/client'
import type { PipelineDefinition } from '../../activities/index.ts'
import type { bulkLoad } from '../../workflows/index.ts'
import { parsePartition } from '../pipeline/partition.ts'

export interface LoadRequest {
  readonly definition: PipelineDefinition
  /** The name of a time slice, e.g. `2001-01`. */
  readonly partition: string
  readonly refetch: boolean
  readonly requestedAt: Date
  readonly taskQueue: string
}

export type LoadHandle = WorkflowHandleWithFirstExecutionRunId<typeof bulkLoad>

/** The static id of a load: whoever knows pipeline and partition can address it. */
function loadWorkflowId(pipeline: string, partition: string): string {
  return `etl/${pipeline}/${partition}`
}

/** Starts the load of a partition, or joins the one that runs already: never two at once. */
export function startLoad(client: Client, request: LoadRequest): Promise<LoadHandle> {
  const { definition, refetch, requestedAt, taskQueue } = request
  const { name: partition, interval } = parsePartition(request.partition)
  return client.workflow.start<typeof bulkLoad>('bulkLoad', {
    workflowId: loadWorkflowId(definition.name, partition),
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    taskQueue,
    args: [{ definition, partition, interval, requestedAt: requestedAt.toISOString(), refetch }],
  })
}
