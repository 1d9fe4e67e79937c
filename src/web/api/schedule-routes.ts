import { z } from 'zod'
import { CodedError } from '../../../codec/index.ts'
import { applyPipelineSchedule } from '../../client/apply-pipeline-schedule.ts'
import { listAppliedSchedules } from '../../client/applied-schedule.ts'
import { compareSchedules } from '../../client/compare-schedules.ts'
import { listScheduleStatus, type ScheduleStatus } from '../../client/schedule-status.ts'
import { listPipelines } from '../../pipeline/list-pipelines.ts'
import { pipelinePath as findPipeline } from '../../pipeline/load-pipeline.ts'
import { ApiError } from './api-error.ts'
import { apiRoute } from './api-route.ts'
import { askTemporal } from './ask-temporal.ts'
import { pipelinePath } from './load-routes.ts'
import { failureSchema } from './shown-run.ts'

const appliedSchema = z.object({
  pipeline: z.string(),
  outcome: z.enum(['created', 'updated', 'unchanged']),
})

const refusedSchema = z.array(failureSchema.extend({ pipeline: z.string() }))

const statusSchema = z.object({
  pipeline: z.string(),
  paused: z.boolean(),
  timezone: z.string(),
  next: z.iso.datetime({ offset: true }).optional().describe('When the next slice is due.'),
  since: z.iso.datetime({ offset: true }).describe('Slices that were due by then do not count.'),
  dueCount: z.int().describe('Slices that have been due.'),
  notLoaded: z
    .array(
      z.object({
        partition: z.string(),
        dueAt: z.iso.datetime({ offset: true }),
        state: z.enum(['running', 'due', 'missing']),
        overdue: z.boolean().describe('Neither loaded nor on its way, though it should be.'),
      }),
    )
    .describe('Of these, those that are not in the target, oldest first.'),
})

const emptyBody = z.strictObject({}).optional()

/** What is asked of schedules. */
export const scheduleRoutes = [
  apiRoute({
    method: 'post',
    path: '/schedule/{pipeline}',
    operationId: 'applySchedule',
    summary: 'Make the schedule of a pipeline what its file says',
    input: z.object({ path: pipelinePath, body: emptyBody }),
    answer: { status: 200, description: 'What became of it', schema: appliedSchema },
    refusals: [404, 409, 413, 415],
    async answerWith({ path: { pipeline } }, services) {
      const { directories, taskQueue } = services
      await findPipeline(pipeline, directories)
      const client = await services.client()
      const schedules = services.schedules(client)
      const listed = await listPipelines(directories)
      for (const file of listed) {
        if (file.name !== pipeline) continue
        const { kind: outcome } = await askTemporal(client, () =>
          applyPipelineSchedule(schedules, file, { listed, taskQueue }),
        )
        return Response.json({ pipeline, outcome })
      }
      throw new Error('a pipeline that was found is not listed')
    },
  }),
  apiRoute({
    method: 'post',
    path: '/schedule-all',
    operationId: 'applyAllSchedules',
    summary: 'Make every schedule what the pipeline files say',
    input: z.object({ body: emptyBody }),
    answer: {
      status: 200,
      description: 'What became of each; one that is wrong keeps none of the others from its time',
      schema: z.object({
        schedules: z.array(appliedSchema),
        refused: refusedSchema,
        withoutFile: z
          .array(z.string())
          .describe('Pipelines whose schedules go on although no file has one for them any more.'),
      }),
    },
    refusals: [413, 415],
    async answerWith(_, services) {
      const { directories, taskQueue } = services
      const client = await services.client()
      const schedules = services.schedules(client)
      const listed = await listPipelines(directories)
      const applied: z.infer<typeof appliedSchema>[] = []
      const refused: z.infer<typeof refusedSchema> = []
      for (const file of listed) {
        if (file.kind === 'valid' && file.definition.schedule === undefined) continue
        const { name: pipeline } = file
        try {
          const { kind: outcome } = await askTemporal(client, () =>
            applyPipelineSchedule(schedules, file, { listed, taskQueue }),
          )
          applied.push({ pipeline, outcome })
        } catch (error) {
          refused.push(refusal(pipeline, error))
        }
      }
      const standing = await askTemporal(client, () => listAppliedSchedules(schedules, taskQueue))
      const { withoutFile } = compareSchedules(listed, standing)
      return Response.json({ schedules: applied, refused, withoutFile })
    },
  }),
  apiRoute({
    method: 'get',
    path: '/schedules',
    operationId: 'listSchedules',
    summary: 'The schedules, with what was due and is not loaded',
    input: z.object({}),
    answer: {
      status: 200,
      description: 'All of them',
      schema: z.object({ schedules: z.array(statusSchema), refused: refusedSchema }),
    },
    refusals: [501],
    async answerWith(_, { coverage, ...services }) {
      if (coverage === undefined) throw coverageMissing()
      const { directories, signal, taskQueue } = services
      const client = await services.client()
      const known = (await listPipelines(directories)).map(({ name }) => name)
      const request = { client, coverage, now: new Date(), signal, taskQueue, known }
      const readings = await askTemporal(client, () =>
        listScheduleStatus(services.schedules(client), request),
      )
      return Response.json({
        schedules: readings.flatMap((one) => (one.kind === 'read' ? [shown(one.status)] : [])),
        refused: readings.flatMap((one) =>
          one.kind === 'failed' ? [refusal(one.pipeline, one.error)] : [],
        ),
      })
    },
  }),
]

function shown(status: ScheduleStatus): z.infer<typeof statusSchema> {
  const { pipeline, paused, timezone, next, since, dueCount, missed } = status
  return {
    pipeline,
    paused,
    timezone,
    next: next ?? undefined,
    since,
    dueCount,
    notLoaded: missed.map(({ name, dueAt, state, isOverdue }) => ({
      partition: name,
      dueAt,
      state,
      overdue: isOverdue,
    })),
  }
}

/** @throws what is no error of ours */
function refusal(pipeline: string, error: unknown): z.infer<typeof refusedSchema>[number] {
  if (!(error instanceof CodedError)) throw error
  const { code, message, remedy } = error
  return { pipeline, code, message, remedy }
}

function coverageMissing(): ApiError {
  return new ApiError('COVERAGE_UNKNOWN', 'The server does not know where loads are published', {
    remedy: 'Set CLAIMCHECK_DATABASE_URL where `claimcheck web` runs.',
  })
}
