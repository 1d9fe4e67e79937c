import { z } from 'zod'
import { endpointCallSchema } from '../../../activities/endpoint-call-schema.ts'
import { EndpointError } from '../../../activities/index.ts'
import { startCall } from '../../client/start-call.ts'
import { endpointProblem } from '../../sources/endpoint-problem.ts'
import { apiRoute } from './api-route.ts'
import { askTemporal } from './ask-temporal.ts'
import { keyHeader, startedSchema } from './load-routes.ts'
import { runPath } from './shown-run.ts'

/** The calls of services outside. */
export const callRoutes = [
  apiRoute({
    method: 'post',
    path: '/call',
    operationId: 'callEndpoint',
    summary: 'Call a service, again while it is busy or ill',
    input: z.object({ header: keyHeader, body: endpointCallSchema }),
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
