import { randomUUID } from 'node:crypto'
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
  type Client,
} from '@temporalio/client'
import type { EndpointCall } from '../../activities/index.ts'
import type { callEndpoint } from '../../workflows/index.ts'
import { withoutUser } from '../sources/resolve-references.ts'
import { digestOf, keyReused } from './answer-once.ts'
import { firstRunId } from './find-run.ts'
import { runLabels } from './run-labels.ts'
import type { StartedRun } from './start-or-join.ts'

/**
 * Starts the call of a service. With a key the run's id is made of it: the same call with the same key is
 * one run, also after that has ended.
 *
 * @throws RunError IDEMPOTENCY_KEY_REUSED
 */
export async function startCall(
  client: Client,
  {
    call,
    key,
    taskQueue,
  }: { readonly call: EndpointCall; readonly key?: string | undefined; readonly taskQueue: string },
): Promise<StartedRun> {
  const workflowId = `call/${key === undefined ? randomUUID() : digestOf(key)}`
  const request = digestOf(JSON.stringify(call))
  const place = withoutUser(call.url)
  try {
    const { firstExecutionRunId: runId } = await client.workflow.start<typeof callEndpoint>(
      'callEndpoint',
      {
        workflowId,
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        taskQueue,
        args: [call],
        memo: { request },
        ...runLabels(`${call.method} ${place}`, { call: `${call.method} ${place}` }),
      },
    )
    return { workflowId, runId, joined: false }
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    const description = await client.workflow.getHandle(workflowId).describe()
    if (description.memo?.['request'] !== request) throw keyReused()
    return { workflowId, runId: firstRunId(description), joined: false }
  }
}
