import { z } from 'zod'
import { listPipelines, type ListedPipeline } from '../../pipeline/list-pipelines.ts'
import { apiRoute } from './api-route.ts'
import { failureSchema } from './shown-run.ts'

const pipelineSchema = z.object({
  name: z.string(),
  description: z.string().optional(),
  source: z.string().optional().describe('The kind of its source.'),
  target: z
    .object({ kind: z.string(), place: z.string(), mode: z.string() })
    .optional()
    .describe('Where it loads to, and how.'),
  scheduled: z.boolean().optional(),
  after: z.array(z.string()).optional().describe('The pipelines that come first.'),
  problem: failureSchema.optional().describe('Why its file cannot be used.'),
})

/** What can be loaded. */
export const pipelineRoutes = [
  apiRoute({
    method: 'get',
    path: '/pipelines',
    operationId: 'listPipelines',
    summary: 'The pipelines, by name',
    input: z.object({}),
    answer: {
      status: 200,
      description: 'All of them; one that is broken says why',
      schema: z.object({ pipelines: z.array(pipelineSchema) }),
    },
    refusals: [],
    async answerWith(_, { directories }) {
      const pipelines = await listPipelines(directories)
      return Response.json({ pipelines: pipelines.map(shownPipeline) })
    },
  }),
]

export function shownPipeline(listed: ListedPipeline): z.infer<typeof pipelineSchema> {
  const { name } = listed
  if (listed.kind === 'invalid') {
    const { code, message, remedy } = listed.error
    return { name, problem: { code, message, remedy } }
  }
  const { description, source, target, schedule, after = [] } = listed.definition
  const place =
    target.kind === 'postgres'
      ? `${target.schema}.${target.table}`
      : `s3://${target.bucket}/${target.prefix}`
  return {
    name,
    description,
    source: source.kind,
    target: { kind: target.kind, place, mode: target.mode },
    scheduled: schedule !== undefined,
    after: after.map(({ pipeline }) => pipeline),
  }
}
