import type { Client } from '@temporalio/client'
import { describeWorkflow } from '../../src/client/find-run.ts'
import { eventually } from './eventually.ts'

/**
 * Has the server forget the latest run of an id, as it does by itself once that is kept no more: at once where
 * it still runs, within half a minute where it has ended.
 */
export async function forgetRun(client: Client, workflowId: string): Promise<void> {
  const { workflowService, options } = client
  const { namespace } = options
  await workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } })
  const isGone = async () => (await describeWorkflow(client, workflowId)) === undefined || undefined
  await eventually('a run that is gone', isGone)
}
