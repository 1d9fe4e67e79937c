import { z } from 'zod'
import { controlRun, RUN_CONTROLS, setConcurrency } from '../../client/control-run.ts'
import { listRuns } from '../../client/list-runs.ts'
import { mostConcurrency } from '../../client/plan-backfill.ts'
import { findRunsOf, type RunsWanted } from '../../client/runs-of.ts'
import { showHistories, showRun } from '../../client/show-run.ts'
import { temporalRunUrl } from '../../client/temporal-run-url.ts'
import { PIPELINE_NAME, PIPELINE_NAME_RULE } from '../../pipeline/pipeline-name.ts'
import { apiRoute } from './api-route.ts'
import type { ApiServices } from './api-services.ts'
import { askTemporal } from './ask-temporal.ts'
import { callBody } from './call-body.ts'
import { requestInvalid } from './request-invalid.ts'
import { runEvents } from './run-events.ts'
import { linksSchema, runFields, runPath, runSchema, shownRun, stateSchema } from './shown-run.ts'

const runIdPath = z.object({
  id: z
    .string()
    .min(1)
    .max(1000)
    .describe('The workflow id, url-encoded: etl%2Fflights%2F2001-01.'),
})

const toldSchema = z.object({ workflowId: z.string(), runId: z.string() })

const inFlight = z.int().min(1).max(mostConcurrency).optional()

const concurrencySchema = z
  .strictObject({
    batchesInFlight: inFlight.describe('Batches of a load, or of each of its items.'),
    itemsInFlight: inFlight.describe('Items of a load, or partitions of a backfill.'),
  })
  .refine((asked) => Object.keys(asked).length > 0, 'says nothing of what is to change')

const controlSentences = {
  pause: 'Begin nothing new in a run until it is resumed; what is under way ends',
  resume: 'Let a paused run go on',
  cancel: 'Cancel a run: what was staged is dropped, what was landed is kept',
}

/** What is asked of runs. */
export const runRoutes = [
  apiRoute({
    method: 'get',
    path: '/runs',
    operationId: 'listRuns',
    summary: 'Runs, the latest first',
    description: 'As Temporal lists them: a run is in the list some moments after it has started.',
    input: z.object({
      query: z.strictObject({
        pipeline: z.string().max(200).optional().describe('Of this pipeline only.'),
        partition: z.string().max(200).optional().describe('Of this partition only.'),
        state: stateSchema
          .optional()
          .describe('`paused` is by Temporal itself: a run that was told to pause is running.'),
        limit: z
          .stringFormat('limit', /^([1-9]\d?|1\d\d|200)$/)
          .optional()
          .describe('1 to 200.')
          .meta({ default: '50' }),
        next: z.base64url().max(4000).optional().describe('`next` of the page before.'),
      }),
    }),
    answer: {
      status: 200,
      description: 'A page of runs',
      schema: z.object({
        runs: z.array(z.object(runFields)),
        next: z.string().optional().describe('Names the next page; absent on the last one.'),
      }),
    },
    refusals: [],
    async answerWith({ query }, services) {
      const { state, limit = '50', next: pageToken } = query
      const ids = await filterOf(query, services)
      const client = await services.client()
      const request = { ...ids, state, pageSize: Number(limit), pageToken }
      return Response.json(await askTemporal(client, () => listRuns(client, request)))
    },
  }),
  apiRoute({
    method: 'get',
    path: '/runs/{id}',
    operationId: 'showRun',
    summary: 'A run: its progress, and its result or failure',
    input: z.object({
      path: runIdPath,
      query: z.strictObject({
        histories: z
          .literal('true')
          .optional()
          .describe('The history of each run of the chain too.'),
      }),
    }),
    answer: {
      status: 200,
      description: 'The run',
      schema: runSchema.extend({
        links: linksSchema,
        histories: z
          .array(z.object({ runId: z.string(), bytes: z.int(), events: z.int() }))
          .optional(),
      }),
    },
    refusals: [404],
    async answerWith({ path: { id }, query }, services) {
      const client = await services.client()
      const run = shownRun(await askTemporal(client, () => showRun(client, id)))
      const histories =
        query.histories === undefined
          ? undefined
          : await askTemporal(client, () => showHistories(client, id))
      return Response.json({ ...run, links: linksOf(run, services), histories })
    },
  }),
  ...RUN_CONTROLS.map((control) =>
    apiRoute({
      method: 'post',
      path: `/runs/{id}/${control}`,
      operationId: `${control}Run`,
      summary: controlSentences[control],
      input: z.object({ path: runIdPath, body: z.strictObject({}).optional() }),
      answer: { status: 202, description: 'The run was told', schema: toldSchema },
      refusals: [404, 409, 413, 415],
      async answerWith({ path: { id } }, services) {
        const client = await services.client()
        const told = await askTemporal(client, () => controlRun(client, id, control))
        return Response.json(told, { status: 202 })
      },
    }),
  ),
  apiRoute({
    method: 'post',
    path: '/runs/{id}/concurrency',
    operationId: 'setConcurrency',
    summary: 'Change how much a load or a backfill has under way at once',
    description:
      'What has begun goes on. Where the mode of a pipeline loads one slice after the other, a backfill stays with that.',
    input: z.object({ path: runIdPath, body: concurrencySchema }),
    answer: { status: 202, description: 'The run was told', schema: toldSchema },
    refusals: [404, 409, 413, 415],
    async answerWith({ path: { id }, body }, services) {
      const client = await services.client()
      const told = await askTemporal(client, () => setConcurrency(client, id, body))
      return Response.json(told, { status: 202 })
    },
  }),
  apiRoute({
    method: 'get',
    path: '/runs/{id}/events',
    operationId: 'followRun',
    summary: 'Server-sent events of a run until it ends',
    description:
      'The run as it is (`progress`), again with each change, and in the end `end`; `error` where it cannot be followed. Whoever connects again, with Last-Event-ID or without, begins with the run as it is then.',
    input: z.object({
      path: runIdPath,
      header: z.object({ 'last-event-id': z.string().max(100).optional() }),
    }),
    answer: {
      status: 200,
      description: 'Events, each with a run as its data',
      schema: z.string(),
      contentType: 'text/event-stream',
    },
    refusals: [404],
    async answerWith({ path: { id } }, services) {
      const client = await services.client()
      const first = await askTemporal(client, () => showRun(client, id))
      return services.streams.stream((signal) => runEvents(client, id, first, signal))
    },
  }),
  apiRoute({
    method: 'get',
    path: '/runs/{id}/body',
    operationId: 'readCallBody',
    summary: 'What the service of a completed call has answered, byte for byte',
    input: z.object({ path: runIdPath }),
    answer: {
      status: 200,
      description: 'The body; X-Answer-Content-Type says what the service called it',
      schema: z.string().meta({ format: 'binary' }),
      contentType: 'application/octet-stream',
    },
    refusals: [404, 409],
    async answerWith({ path: { id } }, services) {
      const client = await services.client()
      return callBody(await askTemporal(client, () => showRun(client, id)))
    },
  }),
]

/** @throws ApiError REQUEST_INVALID, CommandError PARTITION_INVALID */
export async function filterOf(
  wanted: Pick<RunsWanted, 'pipeline' | 'partition'>,
  { directories }: ApiServices,
): ReturnType<typeof findRunsOf> {
  const { pipeline } = wanted
  if (pipeline !== undefined && !PIPELINE_NAME.test(pipeline)) {
    throw requestInvalid(`query.pipeline: ${PIPELINE_NAME_RULE}`)
  }
  return findRunsOf(wanted, directories)
}

export function linksOf(
  { workflowId, latestRunId, type, state }: z.infer<typeof runSchema>,
  { uiUrl, namespace }: ApiServices,
): z.infer<typeof linksSchema> {
  const self = runPath(workflowId)
  return {
    self,
    events: `${self}/events`,
    body: type === 'callEndpoint' && state === 'completed' ? `${self}/body` : undefined,
    temporal: temporalRunUrl({ uiUrl, namespace }, { workflowId, runId: latestRunId }),
  }
}
