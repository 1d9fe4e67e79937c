import { z } from 'zod'
import type { RunView } from '../../client/show-run.ts'
import { withoutBody } from '../../client/without-body.ts'

export const failureSchema = z.object({
  code: z.string().describe('Stable; docs/errors.md lists all.'),
  message: z.string(),
  remedy: z.string(),
})

export const stateSchema = z.enum([
  'running',
  'completed',
  'failed',
  'cancelled',
  'terminated',
  'timed-out',
  'continued',
  'paused',
])

export const runFields = {
  workflowId: z.string(),
  latestRunId: z.string().describe('The latest run of the chain.'),
  type: z.string(),
  state: stateSchema,
  startedAt: z.iso.datetime(),
  closedAt: z.iso.datetime().optional(),
  historyBytes: z.int().describe('Of the latest run of the chain.'),
  historyEvents: z.int(),
}

export const linksSchema = z.object({
  self: z.string(),
  events: z.string(),
  body: z.string().optional().describe('Of a call: what the service has answered.'),
  temporal: z.string().optional().describe('The run in the Temporal UI.'),
})

const pendingActivitySchema = z.object({
  type: z.string(),
  attempt: z.int(),
  maximumAttempts: z.int().optional(),
  state: z.enum(['waiting', 'running', 'cancelling', 'paused']),
  startedAt: z.iso.datetime().optional(),
  heartbeatAt: z.iso.datetime().optional(),
  nextAttemptAt: z.iso.datetime().optional(),
  lastFailure: failureSchema.optional().describe('Of the attempt before.'),
})

export const runSchema = z.object({
  ...runFields,
  runId: z.string().describe('The first run of the chain.'),
  progress: z
    .looseObject({ phase: z.string().optional() })
    .optional()
    .describe('Totals so far; absent while no worker answers.'),
  pendingActivities: z
    .array(pendingActivitySchema)
    .optional()
    .describe('Of a run that has not ended: what is under way, or waits to be tried again.'),
  workflowTask: failureSchema
    .extend({ attempt: z.int() })
    .optional()
    .describe('Why workers cannot go on with the run, which they try again and again.'),
  result: z.looseObject({}).optional().describe('Of a run that has completed.'),
  failure: failureSchema.optional().describe('Of a run that has ended otherwise.'),
})

export type ShownRun = z.infer<typeof runSchema>

const objectSchema = z.record(z.string(), z.unknown())

/** A run as it is shown. */
export function shownRun({ progress, result, pendingActivities, ...view }: RunView): ShownRun {
  return {
    ...view,
    progress: objectOf(progress),
    pendingActivities: pendingActivities && [...pendingActivities],
    result: objectOf(withoutBody(view.type, result)),
  }
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return objectSchema.safeParse(value).data
}

/** The path of a run in this API. */
export function runPath(workflowId: string): string {
  return `/runs/${encodeURIComponent(workflowId)}`
}
