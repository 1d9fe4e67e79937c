import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client'
import type { LoadSignal, LoadStarter, UpstreamLoaded } from '../../activities/index.ts'
import type { bulkLoad } from '../../workflows/index.ts'
import { partitionWorkflowId } from '../../workflows/partition-workflow-id.ts'
import { describeWorkflow } from './find-run.ts'
import { loadLabels } from './run-labels.ts'
import { runEnd } from './run-end.ts'
import { startWithAttributes } from './search-attributes.ts'

type ReusePolicy = (typeof WorkflowIdReusePolicy)[keyof typeof WorkflowIdReusePolicy]

/** Reaches loads by their static ids. */
export function createLoadStarter(client: Client, taskQueue: string): LoadStarter {
  return {
    async signalLoad(input, signal) {
      const workflowId = partitionWorkflowId(input.definition.name, input.partition)
      const signalWithStart = async (again: ReusePolicy): Promise<void> => {
        const subject = { pipeline: input.definition.name, partition: input.partition }
        await startWithAttributes(client, subject, (typedSearchAttributes) =>
          client.workflow.signalWithStart<typeof bulkLoad, [unknown]>('bulkLoad', {
            workflowId,
            taskQueue,
            args: [input],
            signal: signal.name,
            signalArgs: [argumentOf(signal)],
            workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
            workflowIdReusePolicy: again,
            typedSearchAttributes,
            ...loadLabels(input),
          }),
        )
      }
      try {
        await signalWithStart(WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY)
        return 'signalled'
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
        if ((await outcomeOf(client, workflowId)) !== 'skipped') return 'loaded-already'
        // It has ended well, and loaded nothing.
        await signalWithStart(WorkflowIdReusePolicy.ALLOW_DUPLICATE)
        return 'signalled'
      }
    },
    async signalGraph(workflowId, loaded) {
      try {
        await client.workflow.getHandle(workflowId).signal('upstreamLoaded', loaded)
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error
      }
    },
    async loadOutcomes(pipelines, partition) {
      const outcomes: [string, UpstreamLoaded['outcome']][] = []
      for (const pipeline of pipelines) {
        const outcome = await outcomeOf(client, partitionWorkflowId(pipeline, partition))
        if (outcome !== undefined) outcomes.push([pipeline, outcome])
      }
      return Object.fromEntries(outcomes)
    },
    async isKnown(pipeline, partition) {
      return (
        (await describeWorkflow(client, partitionWorkflowId(pipeline, partition))) !== undefined
      )
    },
    async runningPartitions(pipeline, partitions) {
      const running = new Set<string>()
      for (const partition of partitions) {
        const found = await describeWorkflow(client, partitionWorkflowId(pipeline, partition))
        if (found?.status.name === 'RUNNING') running.add(partition)
      }
      return running
    },
    runEnd: (chain) => runEnd(client, chain),
  }
}

function argumentOf(signal: LoadSignal): unknown {
  return signal.name === 'fire' ? { force: signal.force } : signal.loaded
}

/** How the latest run ended; nothing of one that still runs, or never did. */
async function outcomeOf(
  client: Client,
  workflowId: string,
): Promise<UpstreamLoaded['outcome'] | undefined> {
  const found = await describeWorkflow(client, workflowId)
  if (found === undefined) return undefined
  const { status, runId } = found
  if (status.name === 'RUNNING' || status.name === 'CONTINUED_AS_NEW') return undefined
  if (status.name !== 'COMPLETED') return 'failed'
  const result = await client.workflow.getHandle<typeof bulkLoad>(workflowId, runId).result()
  return result.skipped === true ? 'skipped' : 'loaded'
}
