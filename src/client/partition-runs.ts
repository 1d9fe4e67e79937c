import type { Client } from '@temporalio/client'
import type { PartitionRuns, PartitionUse } from '../../activities/retention/dataset-use.ts'
import { partitionWorkflowId } from '../../workflows/partition-workflow-id.ts'
import { askUntilAborted } from './ask-until-aborted.ts'
import { isNotFound, listExecutions } from './raw-histories.ts'
import { RUN_STATES, runState } from './run-types.ts'
import { timeOf } from './time-of.ts'

/** A run that the catalog has as running. */
export interface NotedRun {
  readonly workflowId: string
  /** Of Temporal; null where it was not noted. */
  readonly namespace: string | null
}

export interface NotedRuns {
  /** The runs of a partition that have begun, and of whose end nothing was noted. */
  findRunning(place: {
    readonly pipeline: string
    readonly partition: string
    readonly signal: AbortSignal
  }): Promise<readonly NotedRun[]>
}

/** All that are not over, whatever else states there are. */
const openReprocesses = [
  `WorkflowType = 'reprocess'`,
  ...(['completed', 'failed', 'cancelled', 'terminated', 'timed-out', 'continued'] as const).map(
    (state) => `ExecutionStatus != '${RUN_STATES[state]}'`,
  ),
].join(' AND ')

/**
 * Looks for runs of a partition: by the static id of its load; by what Temporal lists of those that make
 * datasets again, which is some moments late; and by what the catalog has noted, of other namespaces too.
 * Each is asked for at the server, which answers for this moment. A run that was terminated is noted as
 * running for ever, so a note alone says nothing.
 */
export function createPartitionRuns(client: Client, noted: NotedRuns): PartitionRuns {
  const { namespace: own } = client.options

  async function latestRun(
    { workflowId, namespace }: NotedRun,
    signal: AbortSignal,
  ): Promise<PartitionUse> {
    const request = { namespace: namespace ?? own, execution: { workflowId } }
    try {
      const { workflowExecutionInfo: info } = await askUntilAborted(client.connection, signal, () =>
        client.workflowService.describeWorkflowExecution(request),
      )
      if (isOpen(info?.status)) return { kind: 'open', workflowId }
      const closedAt = timeOf(info?.closeTime)
      return { kind: 'ended', endedAt: closedAt === undefined ? undefined : new Date(closedAt) }
    } catch (error) {
      if (isNotFound(error)) return { kind: 'ended', endedAt: undefined }
      throw error
    }
  }

  return {
    async partitionUse({ pipeline, partition, datasetIds, signal }) {
      const runs = new Map<string, NotedRun>()
      const add = (run: NotedRun): void => {
        runs.set(`${run.namespace ?? own} ${run.workflowId}`, run)
      }
      add({ workflowId: partitionWorkflowId(pipeline, partition), namespace: own })
      const ids = new Set<string>(datasetIds)
      for await (const { execution } of listExecutions(client, openReprocesses, signal)) {
        const workflowId = execution?.workflowId ?? ''
        const [, datasetId = ''] = workflowId.split('/')
        if (ids.has(datasetId)) add({ workflowId, namespace: own })
      }
      for (const run of await noted.findRunning({ pipeline, partition, signal })) add(run)
      // A namespace that is not there has no runs either, and that would say nothing.
      await askUntilAborted(client.connection, signal, () =>
        client.workflowService.describeNamespace({ namespace: own }),
      )
      let endedAt: Date | undefined
      for (const run of runs.values()) {
        const use = await latestRun(run, signal)
        if (use.kind === 'open') return use
        if (use.endedAt !== undefined && (endedAt === undefined || use.endedAt > endedAt)) {
          endedAt = use.endedAt
        }
      }
      return { kind: 'ended', endedAt }
    },
  }
}

/** One that has gone on as a new run was not the latest when it was asked for: it is open. */
function isOpen(status: number | null | undefined): boolean {
  const state = runState(status)
  return state === 'running' || state === 'paused' || state === 'continued'
}
