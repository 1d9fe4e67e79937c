import { createHash } from 'node:crypto'
import { WorkflowNotFoundError, type Client, type WorkflowHandle } from '@temporalio/client'
import type { LoadInput, PipelineDefinition, Reprocessing } from '../../activities/index.ts'
import type { bulkLoad, LoadResult } from '../../workflows/index.ts'
import { partitionWorkflowId } from '../../workflows/partition-workflow-id.ts'
import { parsePartition } from '../pipeline/partition.ts'
import { loadLabels } from './run-labels.ts'
import { startOrJoin, type StartedRun } from './start-or-join.ts'

export interface LoadRequest {
  readonly definition: PipelineDefinition
  /** The name of a time slice, e.g. `2001-01`. */
  readonly partition: string
  readonly requestedAt: Date
  readonly taskQueue: string
  /** Fetch everything again, even what an unpublished run has landed. @default false */
  readonly refetch?: boolean
  /** What is done again without asking the source, instead of a load. */
  readonly reprocessing?: Reprocessing
  /** The pipelines that come after this one, as `planDownstream` finds them; told of its end. */
  readonly downstream?: readonly PipelineDefinition[]
  /** Wait for the pipelines of `after` first, instead of beginning at once. @default false */
  readonly waitForUpstreams?: boolean
}

/** One that ran already goes on as it was asked for, not as it was asked for now. */
export interface LoadHandle extends StartedRun {
  /** Waits for the end of the chain. */
  result(): Promise<LoadResult>
}

/**
 * The static id of a load: whoever knows pipeline and partition can address it. Where a dataset is made or
 * loaded again, what exactly is asked for tells runs apart: the same again joins the one that runs.
 *
 * @throws CommandError PARTITION_INVALID
 */
export function loadWorkflowId({ definition, partition, reprocessing }: LoadRequest): string {
  const { name } = parsePartition(partition, definition.schedule?.timezone)
  return reprocessing === undefined
    ? partitionWorkflowId(definition.name, name)
    : reprocessWorkflowId(definition, reprocessing)
}

/** Of different pipeline files, targets or ways the ids differ. */
function reprocessWorkflowId(definition: PipelineDefinition, reprocessing: Reprocessing): string {
  const { datasetId, from, plan = false } = reprocessing
  const asked = JSON.stringify([from, plan, definition])
  const digest = createHash('sha256').update(asked).digest('hex').slice(0, digestDigits)
  return `reprocess/${datasetId}/${digest}`
}

/** Few runs are of one dataset. */
const digestDigits = 8

/**
 * Starts the load of a partition, or joins the one that runs already: never two at once. One that waits
 * for its time or for others begins now, unless it is asked to wait.
 *
 * @throws CommandError PARTITION_INVALID
 */
export async function startLoad(client: Client, request: LoadRequest): Promise<LoadHandle> {
  const { definition, refetch = false, reprocessing, requestedAt, taskQueue } = request
  const { name: partition, interval } = parsePartition(
    request.partition,
    definition.schedule?.timezone,
  )
  const workflowId = loadWorkflowId(request)
  const { downstream = [], waitForUpstreams = false } = request
  const upstreams = waitForUpstreams ? (definition.after ?? []) : []
  const input: LoadInput = {
    definition,
    partition,
    interval,
    requestedAt: requestedAt.toISOString(),
    refetch,
    ...(reprocessing === undefined ? {} : { reprocessing }),
    ...(reprocessing?.from === 'landing' ? { fromLandingOf: reprocessing.datasetId } : {}),
    ...(upstreams.length > 0 ? { waitsFor: { upstreams, schedule: false } } : {}),
    ...(downstream.length > 0 ? { downstream } : {}),
  }
  const { runId, joined } = await startOrJoin<typeof bulkLoad>(client, {
    type: reprocessing === undefined ? 'bulkLoad' : 'reprocess',
    workflowId,
    taskQueue,
    args: [input],
    subject: { pipeline: definition.name, partition },
    labels: loadLabels(input),
  })
  if (joined && !waitForUpstreams) await beginNow(client.workflow.getHandle(workflowId))
  const handle = client.workflow.getHandle<typeof bulkLoad>(workflowId, undefined, {
    firstExecutionRunId: runId,
  })
  return { workflowId, runId, joined, result: () => handle.result() }
}

/** Ends all waiting; a load that has begun takes no notice. */
async function beginNow(running: WorkflowHandle): Promise<void> {
  try {
    await running.signal('fire', { force: true })
  } catch (error) {
    // It has ended meanwhile.
    if (!(error instanceof WorkflowNotFoundError)) throw error
  }
}
