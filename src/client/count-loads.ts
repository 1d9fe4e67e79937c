import type { Client } from '@temporalio/client'
import { partitionWorkflowId } from '../../workflows/partition-workflow-id.ts'

export interface RunCounts {
  readonly running: number
  readonly failed: number
}

/**
 * Counts the loads of a pipeline that run, or wait to, and those that failed since a moment: as Temporal lists
 * them, some moments late, and for as long as the namespace keeps them. Those that a person has ended are
 * not counted, nor runs that make a dataset again: of these, plans are not told apart.
 *
 * @param failedSince Null counts all that have failed.
 */
export async function countLoads(
  client: Client,
  { pipeline, failedSince }: { readonly pipeline: string; readonly failedSince: Date | null },
): Promise<RunCounts> {
  const loads = `WorkflowType = 'bulkLoad' AND WorkflowId STARTS_WITH '${partitionWorkflowId(pipeline, '')}'`
  const since = failedSince === null ? '' : ` AND CloseTime > '${failedSince.toISOString()}'`
  const failed = `ExecutionStatus IN ('Failed', 'TimedOut')${since}`
  const { count, groups } = await client.workflow.count(
    `${loads} AND (ExecutionStatus = 'Running' OR (${failed})) GROUP BY ExecutionStatus`,
  )
  const running =
    groups.find(({ groupValues }) => groupValues.flat().includes('Running'))?.count ?? 0
  return { running, failed: count - running }
}
