import { z } from 'zod'
import { EndpointError } from '../../../activities/index.ts'
import { startCall } from '../../client/start-call.ts'
import { endpointProblem } from '../../sources/endpoint-problem.ts'
import { apiRoute } from './api-route.ts'
import { askTemporal } from './ask-temporal.ts'
import { keyHeader, startedSchema } from './load-routes.ts'
import { runPath } from './shown-run.ts'

const callSchema = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  url: z
    .string()
    .min(1)
    .max(8000)
    .describe('May begin with a variable of the worker, ${ENDPOINT_URL} say, and hold others.'),
  headers: z.record(z.string(), z.string().max(8000)).optional(),
  body: z
    .union([z.string(), z.array(z.json()), z.record(z.string(), z.json())])
    .optional()
    .describe('Sent as it is; a list or an object as JSON.'),
  expect: z
    .array(z.int().min(200).max(599))
    .min(1)
    .max(100)
    .optional()
    .describe('Statuses that are a success. Usually 200 to 299.'),
  timeoutMs: z.int().min(1).max(3_600_000).optional().describe('Of one attempt. Usually 30000.'),
  attempts: z.int().min(1).max(20).optional().describe('Usually 5.'),
  idempotencyKey: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters')
    .optional()
    .describe('Sent to the service, with each attempt. Usually one of the run, but for GET.'),
})

/** The calls of services outside. */
export const callRoutes = [
  apiRoute({
    method: 'post',
    path: '/call',
    operationId: 'callEndpoint',
    summary: 'Call a service, again while it is busy or ill',
    input: z.object({ header: keyHeader, body: callSchema }),
    answer: { status: 202, description: 'It runs', schema: startedSchema },
    refusals: [413, 415, 422],
    async answerWith({ header, body: call }, services) {
      const problem = endpointProblem(call)
      if (problem !== undefined) {
        throw new EndpointError('ENDPOINT_INVALID', `The call cannot be made: ${problem}`, {
          remedy: 'Correct the call.',
        })
      }
      const client = await services.client()
      const { taskQueue } = services
      const key = header['idempotency-key']
      const started = await askTemporal(client, () => startCall(client, { call, key, taskQueue }))
      const headers = { location: runPath(started.workflowId) }
      return Response.json(started, { status: 202, headers })
    },
  }),
]
