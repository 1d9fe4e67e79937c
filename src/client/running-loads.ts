import type { Client } from '@temporalio/client'
import { partitionWorkflowId } from '../../workflows/partition-workflow-id.ts'

/** Ids of the loads of a pipeline that run, or wait to: as Temporal lists them, some moments late. */
export async function runningLoads(client: Client, pipeline: string): Promise<ReadonlySet<string>> {
  const ids = new Set<string>()
  const prefix = partitionWorkflowId(pipeline, '')
  const query = `WorkflowType = 'bulkLoad' AND ExecutionStatus = 'Running' AND WorkflowId STARTS_WITH '${prefix}'`
  for await (const { workflowId } of client.workflow.list({ query })) ids.add(workflowId)
  return ids
}
