import { z } from 'zod'
import type { UpstreamDefinition } from '../../activities/pipeline-definition.ts'
import { parseDuration } from './duration.ts'
import { parsedText } from './parsed.ts'
import { parsePipelineName } from './pipeline-name.ts'

const pipelineName = parsedText(parsePipelineName)
const defaultTimeoutMs = 86_400_000

const upstreamSchema = z.union([
  pipelineName.transform((pipeline) => ({
    pipeline,
    on_failure: 'wait' as const,
    timeout: undefined,
  })),
  z.strictObject({
    pipeline: pipelineName,
    on_failure: z.enum(['wait', 'fail', 'skip']).default('wait').meta({
      description: 'What an upstream that failed or was skipped leads to.',
    }),
    timeout: parsedText(parseDuration).optional().meta({
      default: '1d',
      description: 'How long it is waited for before the run fails.',
    }),
  }),
])

/** The pipelines whose load of the same partition has to come first. */
export const afterSchema = z
  .array(upstreamSchema)
  .min(1, 'has no pipelines')
  .superRefine((upstreams, context) => {
    const seen = new Set<string>()
    for (const [index, { pipeline }] of upstreams.entries()) {
      if (seen.has(pipeline)) {
        context.addIssue({ code: 'custom', path: [index], message: `names ${pipeline} twice` })
      }
      seen.add(pipeline)
    }
  })

export function toUpstreams(after: z.output<typeof afterSchema>): UpstreamDefinition[] {
  return after.map(({ pipeline, on_failure: onFailure, timeout = defaultTimeoutMs }) => {
    return { pipeline, onFailure, timeoutMs: timeout }
  })
}
