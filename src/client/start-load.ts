import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
  type Client,
} from '@temporalio/client'
import type { DatasetId, PipelineDefinition } from '../../activities/index.ts'
import type { bulkLoad, LoadResult } from '../../workflows/index.ts'
import { parsePartition } from '../pipeline/partition.ts'

export interface LoadRequest {
  readonly definition: PipelineDefinition
  /** The name of a time slice, e.g. `2001-01`. */
  readonly partition: string
  readonly requestedAt: Date
  readonly taskQueue: string
  /** Fetch everything again, even what an unpublished run has landed. @default false */
  readonly refetch?: boolean
  /** Parse the landing of this dataset again, without asking the source. */
  readonly fromLandingOf?: DatasetId
}

export interface LoadHandle {
  readonly workflowId: string
  /** The first run of the chain. */
  readonly firstExecutionRunId: string
  /** Whether it ran already: then it goes on as it was asked for, not as it was asked for now. */
  readonly joined: boolean
  /** Waits for the end of the chain. */
  result(): Promise<LoadResult>
}

/**
 * The static id of a load: whoever knows pipeline and partition (or the dataset that is made again) can
 * address it.
 */
function loadWorkflowId({ definition, partition, fromLandingOf }: LoadRequest): string {
  return fromLandingOf === undefined
    ? `etl/${definition.name}/${partition}`
    : `reprocess/${fromLandingOf}`
}

/**
 * Starts the load of a partition, or joins the one that runs already: never two at once.
 *
 * @throws CommandError PARTITION_INVALID
 */
export async function startLoad(client: Client, request: LoadRequest): Promise<LoadHandle> {
  const { definition, refetch = false, fromLandingOf, requestedAt, taskQueue } = request
  const { name: partition, interval } = parsePartition(request.partition)
  const workflowId = loadWorkflowId({ ...request, partition })
  const follow = (firstExecutionRunId: string, joined: boolean): LoadHandle => {
    const handle = client.workflow.getHandle<typeof bulkLoad>(workflowId, undefined, {
      firstExecutionRunId,
    })
    return { workflowId, firstExecutionRunId, joined, result: () => handle.result() }
  }
  const type = fromLandingOf === undefined ? 'bulkLoad' : 'reprocess'
  const input = { definition, partition, interval, requestedAt: requestedAt.toISOString(), refetch }
  try {
    const { firstExecutionRunId } = await client.workflow.start<typeof bulkLoad>(type, {
      workflowId,
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      taskQueue,
      args: [fromLandingOf === undefined ? input : { ...input, fromLandingOf }],
    })
    return follow(firstExecutionRunId, false)
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    const { raw, runId } = await client.workflow.getHandle(workflowId).describe()
    return follow(raw.workflowExecutionInfo?.firstRunId ?? runId, true)
  }
}
