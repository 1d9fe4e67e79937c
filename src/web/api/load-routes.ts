import { z } from 'zod'
import { answerOnce, type KeyedRequest } from '../../client/answer-once.ts'
import { planDownstream } from '../../client/plan-downstream.ts'
import { planGraph } from '../../client/plan-graph.ts'
import { graphWorkflowId } from '../../client/start-graph.ts'
import { startGraphSince } from '../../client/start-graph-since.ts'
import { startLoadSince } from '../../client/start-load-since.ts'
import { loadWorkflowId } from '../../client/start-load.ts'
import { listPipelines } from '../../pipeline/list-pipelines.ts'
import { loadPipeline } from '../../pipeline/load-pipeline.ts'
import { apiRoute } from './api-route.ts'
import type { ApiServices } from './api-services.ts'
import { askTemporal } from './ask-temporal.ts'
import { failureSchema, runPath } from './shown-run.ts'

export const startedSchema = z.object({
  workflowId: z.string(),
  runId: z.string().describe('The first run of the chain.'),
  joined: z.boolean().describe('Whether it ran already, and goes on as it was asked for then.'),
})

const startedAllSchema = startedSchema.extend({
  refused: z
    .array(failureSchema.extend({ pipeline: z.string() }))
    .describe('Pipelines that are left out: their files, or those they belong with, are wrong.'),
})

export const keyHeader = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters')
    .optional()
    .describe(
      'The same key with the same request gives the same run, also when that has ended; with another request it is refused (422). Kept as long as Temporal keeps what has ended.',
    ),
})

export const pipelinePath = z.object({ pipeline: z.string().min(1).max(200) })

const partition = z
  .string()
  .max(200)
  .describe('A slice of time: 2001, 2001-01, 2001-01-05, 2001-01-05T13, 2001-01..2001-07.')

/** The starts of loads. */
export const loadRoutes = [
  apiRoute({
    method: 'post',
    path: '/etl/{pipeline}',
    operationId: 'startLoad',
    summary: 'Load a partition of a pipeline, or join the load that runs',
    input: z.object({
      path: pipelinePath,
      header: keyHeader,
      body: z.strictObject({
        partition,
        refetch: z
          .boolean()
          .default(false)
          .describe('Fetch everything again, even what a failed run has landed.'),
        waitForUpstreams: z
          .boolean()
          .default(false)
          .describe(
            'Begin when the pipelines that come first (`after`) have loaded the partition.',
          ),
      }),
    }),
    answer: { status: 202, description: 'It runs', schema: startedSchema },
    refusals: [404, 409, 413, 415, 422],
    async answerWith({ path, header, body }, services) {
      const { directories, taskQueue } = services
      const definition = await loadPipeline(path.pipeline, directories)
      const downstream = planDownstream(path.pipeline, await listPipelines(directories))
      const request = { definition, downstream, ...body, requestedAt: new Date(), taskQueue }
      // What is wrong with it is said before a key is set aside.
      loadWorkflowId(request)
      const client = await services.client()
      const started = await askTemporal(client, () =>
        once(services, header['idempotency-key'], {
          request: ['etl', path.pipeline, body.partition, body.refetch, body.waitForUpstreams],
          answerSchema: startedSchema,
          act: (earlier) => startLoadSince(client, request, earlier?.since),
        }),
      )
      const headers = { location: runPath(started.workflowId) }
      return Response.json(started, { status: 202, headers })
    },
  }),
  apiRoute({
    method: 'post',
    path: '/etl',
    operationId: 'startAllLoads',
    summary: 'Load a partition of every pipeline, or join the run that does',
    description:
      'One run, which starts each pipeline when those that come first (`after`) are loaded, and ends when all have. What is loaded is left as it is.',
    input: z.object({ header: keyHeader, body: z.strictObject({ partition }) }),
    answer: { status: 202, description: 'It runs', schema: startedAllSchema },
    refusals: [404, 409, 413, 415, 422],
    async answerWith({ header, body }, services) {
      const { directories, taskQueue } = services
      const { refused: wrong, ...planned } = await planGraph(directories)
      const [first] = wrong
      if (planned.definitions.length === 0 && first !== undefined) throw first.error
      const refused = wrong.map(({ pipeline, error: { code, message, remedy } }) => {
        return { pipeline, code, message, remedy }
      })
      const request = { ...planned, ...body, requestedAt: new Date(), taskQueue }
      graphWorkflowId(request)
      const client = await services.client()
      const started = await askTemporal(client, () =>
        once(services, header['idempotency-key'], {
          request: ['etl', body.partition],
          answerSchema: startedAllSchema,
          act: async (earlier) => ({
            ...(await startGraphSince(client, request, earlier?.since)),
            refused,
          }),
        }),
      )
      const headers = { location: runPath(started.workflowId) }
      return Response.json(started, { status: 202, headers })
    },
  }),
]

/** Does what is asked for, or answers as before where it comes again with its idempotency key. */
export async function once<Answer>(
  services: ApiServices,
  key: string | undefined,
  {
    request,
    ...asked
  }: Pick<KeyedRequest<Answer>, 'answerSchema' | 'chosen' | 'act'> & {
    readonly request: readonly unknown[]
  },
): Promise<Answer> {
  if (key === undefined) return asked.act(undefined)
  const { taskQueue } = services
  const keyed = { ...asked, key, request: JSON.stringify(request), taskQueue }
  return answerOnce(await services.client(), keyed)
}
