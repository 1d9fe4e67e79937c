import { workflowInfo } from '@temporalio/workflow'
import type { EndpointCall, EndpointResult } from '../activities/endpoint-call.ts'
import { activityProxies } from './proxies.ts'

const usualAttempts = 5

/**
 * Calls a service outside, again with growing waits while it is busy or ill. What is wrong with a call,
 * which a schedule may have been told by anybody, its activity says.
 */
export async function callEndpoint(given: EndpointCall): Promise<EndpointResult> {
  const call: EndpointCall = { ...given }
  const { attempts = usualAttempts } = call
  const activities = activityProxies(
    Number.isInteger(attempts) && attempts > 0 ? attempts : usualAttempts,
  )
  if (call.method === 'GET' || call.idempotencyKey !== undefined) {
    return activities.callEndpoint(call)
  }
  // The same with each attempt, and so a service that knows such keys does the work once.
  const idempotencyKey = workflowInfo().firstExecutionRunId
  return activities.callEndpoint({ ...call, idempotencyKey })
}
