import { z } from 'zod'
import { backfillOrders } from '../../../activities/backfill/backfill-input.ts'
import { sliceSizes } from '../../../activities/backfill/slice-range.ts'
import { planDownstream } from '../../client/plan-downstream.ts'
import { mostConcurrency, planBackfill } from '../../client/plan-backfill.ts'
import { startBackfill } from '../../client/start-backfill.ts'
import { listPipelines } from '../../pipeline/list-pipelines.ts'
import { loadPipeline } from '../../pipeline/load-pipeline.ts'
import { apiRoute } from './api-route.ts'
import { askTemporal } from './ask-temporal.ts'
import { keyHeader, once, pipelinePath, startedSchema } from './load-routes.ts'
import { runPath } from './shown-run.ts'

const partition = z.string().max(200)

const backfillSchema = z.strictObject({
  from: partition.describe('The first partition: 2001-01-05.'),
  to: partition.describe('The last partition, which is loaded too.'),
  every: z
    .enum(sliceSizes)
    .optional()
    .describe('How long each partition is. Usually as the schedule says, else as from and to are.'),
  order: z.enum(backfillOrders).optional().describe('Usually oldest-first.'),
  concurrency: z
    .int()
    .min(1)
    .max(mostConcurrency)
    .optional()
    .describe('How many are loaded side by side. Usually 4, or 1 where order counts.'),
  again: z.boolean().optional().describe('Load those that are loaded again.'),
  onFailure: z
    .enum(['continue', 'stop'])
    .optional()
    .describe('What follows when one fails. Usually the others go on.'),
  waitForUpstreams: z
    .boolean()
    .optional()
    .describe('Let each wait for the pipelines that come first (`after`).'),
})

const startedBackfillSchema = startedSchema.extend({
  planned: z.int().describe('How many partitions there are.'),
})

/** The starts of backfills. */
export const backfillRoutes = [
  apiRoute({
    method: 'post',
    path: '/backfill/{pipeline}',
    operationId: 'startBackfill',
    summary: 'Load the partitions of a time that are not loaded, or join the run that does',
    description:
      'One run, which starts the load of each partition and ends when all have. What is loaded is left as it is; one that fails does not stop the others.',
    input: z.object({ path: pipelinePath, header: keyHeader, body: backfillSchema }),
    answer: { status: 202, description: 'It runs', schema: startedBackfillSchema },
    refusals: [404, 409, 413, 415, 422],
    async answerWith({ path: { pipeline }, header, body }, services) {
      const { directories, taskQueue } = services
      const definition = await loadPipeline(pipeline, directories)
      const downstream = planDownstream(pipeline, await listPipelines(directories))
      const request = { definition, downstream, ...body, requestedAt: new Date(), taskQueue }
      // What is wrong with it is said before a key is set aside.
      planBackfill(request)
      const client = await services.client()
      const started = await askTemporal(client, () =>
        once(services, header['idempotency-key'], {
          request: ['backfill', pipeline, body],
          answerSchema: startedBackfillSchema,
          act: async (earlier) => {
            const { workflowId, runId, joined, planned } = await startBackfill(
              client,
              request,
              earlier?.since,
            )
            return { workflowId, runId, joined, planned }
          },
        }),
      )
      const headers = { location: runPath(started.workflowId) }
      return Response.json(started, { status: 202, headers })
    },
  }),
]
