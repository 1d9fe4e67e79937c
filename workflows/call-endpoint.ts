import { workflowInfo } from '@temporalio/workflow'
import type { EndpointCall, EndpointResult } from '../activities/endpoint-call.ts'
import { activityProxies } from './proxies.ts'

const usualAttempts = 5

/** Calls a service outside, again with growing waits while it is busy or ill. */
export async function callEndpoint(call: EndpointCall): Promise<EndpointResult> {
  const activities = activityProxies(call.attempts ?? usualAttempts)
  if (call.method === 'GET' || call.idempotencyKey !== undefined) {
    return activities.callEndpoint(call)
  }
  // The same with each attempt, and so a service that knows such keys does the work once.
  const idempotencyKey = workflowInfo().firstExecutionRunId
  return activities.callEndpoint({ ...call, idempotencyKey })
}
