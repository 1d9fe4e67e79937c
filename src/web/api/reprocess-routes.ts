import { z } from 'zod'
import type { DatasetId } from '../../../activities/index.ts'
import { reprocessRequest } from '../../client/reprocess-request.ts'
import { startLoadSince } from '../../client/start-load-since.ts'
import { loadPipeline } from '../../pipeline/load-pipeline.ts'
import { apiRoute } from './api-route.ts'
import { askTemporal } from './ask-temporal.ts'
import { keyHeader, once, pipelinePath, startedSchema } from './load-routes.ts'
import { runPath } from './shown-run.ts'

const reprocessSchema = z.strictObject({
  partition: z.string().max(200).describe('The slice of time, as it was loaded: 2001-01.'),
  dataset: z
    .string()
    .max(36)
    .optional()
    .describe(
      'The id of a dataset of the partition. Usually the newest: asked again without an idempotency key, the one that the first time has made.',
    ),
  from: z
    .enum(['landing', 'parts'])
    .default('landing')
    .describe('Convert what was landed anew, or load the sealed parts as they are.'),
  target: z
    .string()
    .max(500)
    .optional()
    .describe('Another target of the kind and mode of the pipeline: public.flights_again.'),
  plan: z
    .boolean()
    .default(false)
    .describe('Load nothing: the result of the run says what a load would change.'),
})

/** The starts of runs that make or load a dataset again. */
export const reprocessRoutes = [
  apiRoute({
    method: 'post',
    path: '/reprocess/{pipeline}',
    operationId: 'startReprocessing',
    summary: 'Load a partition again from its landing or parts, or join the run that does',
    description: 'The source is not asked.',
    input: z.object({ path: pipelinePath, header: keyHeader, body: reprocessSchema }),
    answer: { status: 202, description: 'It runs', schema: startedSchema },
    refusals: [404, 409, 413, 415, 422],
    async answerWith({ path: { pipeline }, header, body }, services) {
      const { directories, store, taskQueue } = services
      const definition = await loadPipeline(pipeline, directories)
      // What is wrong with it is said before a key is set aside.
      const asked = await reprocessRequest(store, { definition, ...body })
      const { reprocessing } = asked
      const requestedAt = new Date()
      const client = await services.client()
      const started = await askTemporal(client, () =>
        once(services, header['idempotency-key'], {
          request: ['reprocess', pipeline, body],
          chosen: reprocessing.datasetId,
          answerSchema: startedSchema,
          act(earlier) {
            // The newest by now may be what the earlier try has made.
            const datasetId = (earlier?.chosen ?? reprocessing.datasetId) as DatasetId
            const request = { ...asked, reprocessing: { ...reprocessing, datasetId } }
            return startLoadSince(client, { ...request, requestedAt, taskQueue }, earlier?.since)
          },
        }),
      )
      const headers = { location: runPath(started.workflowId) }
      return Response.json(started, { status: 202, headers })
    },
  }),
]
