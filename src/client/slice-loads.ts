import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client'
import type { EndedLoad, SliceLoads } from '../../activities/backfill/slice-loads.ts'
import type { LoadInput } from '../../activities/index.ts'
import type { bulkLoad } from '../../workflows/index.ts'
import { partitionWorkflowId } from '../../workflows/partition-workflow-id.ts'
import { describeWorkflow, firstRunId } from './find-run.ts'
import { runEnd } from './run-end.ts'
import { loadLabels } from './run-labels.ts'
import { startWithAttributes } from './search-attributes.ts'

/** One that runs may end before it is told, and another begin: that does not go on for ever. */
const triesToBegin = 5

/** Reaches the loads of partitions by their static ids. */
export function createSliceLoads(client: Client, taskQueue: string): SliceLoads {
  return {
    async begin(input, since) {
      if (since !== undefined && (await hasEndedSince(client, input, since))) return 'joined'
      for (let tries = 1; ; tries += 1) {
        try {
          await start(client, taskQueue, input)
          return 'started'
        } catch (error) {
          if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
          if (await wasTold(client, input)) return 'joined'
          if (tries === triesToBegin) throw error
        }
      }
    },
    async ended(pipeline, partitions) {
      const ended: EndedLoad[] = []
      for (const partition of partitions) {
        const end = await endOf(client, partitionWorkflowId(pipeline, partition))
        if (end !== undefined) ended.push({ partition, ...end })
      }
      return ended
    },
  }
}

async function start(client: Client, taskQueue: string, input: LoadInput): Promise<void> {
  const { definition, partition } = input
  const subject = { pipeline: definition.name, partition }
  await startWithAttributes(client, subject, (typedSearchAttributes) =>
    client.workflow.start<typeof bulkLoad>('bulkLoad', {
      workflowId: idOf(input),
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      taskQueue,
      args: [input],
      typedSearchAttributes,
      ...loadLabels(input),
    }),
  )
}

async function hasEndedSince(client: Client, input: LoadInput, since: Date): Promise<boolean> {
  const found = await describeWorkflow(client, idOf(input))
  return found?.closeTime !== undefined && found.startTime >= since
}

/** Tells a load that its time has come; false of one that has ended meanwhile. */
async function wasTold(client: Client, input: LoadInput): Promise<boolean> {
  try {
    // Who is asked to wait for nothing lets no load wait either.
    const fire = { force: input.waitsFor === undefined }
    await client.workflow.getHandle(idOf(input)).signal('fire', fire)
    return true
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false
    throw error
  }
}

function idOf({ definition, partition }: LoadInput): string {
  return partitionWorkflowId(definition.name, partition)
}

/** Of the latest run of that id; undefined where it has not ended. */
async function endOf(
  client: Client,
  workflowId: string,
): Promise<Pick<EndedLoad, 'outcome' | 'code'> | undefined> {
  const found = await describeWorkflow(client, workflowId)
  if (found === undefined) return { outcome: 'failed', code: 'RUN_NOT_FOUND' }
  const end = await runEnd(client, { workflowId, firstRunId: firstRunId(found) })
  switch (end?.kind) {
    case 'completed':
      return { outcome: isSkipped(end.result) ? 'skipped' : 'loaded' }
    case 'failed':
      return { outcome: 'failed', code: end.code }
    case 'cancelled':
      return { outcome: 'failed', code: 'CANCELLED' }
    case 'lost':
      return { outcome: 'failed', code: end.how.toUpperCase().replace(' ', '_') }
    default:
      return undefined
  }
}

function isSkipped(result: unknown): boolean {
  return (
    typeof result === 'object' && result !== null && 'skipped' in result && result.skipped === true
  )
}
