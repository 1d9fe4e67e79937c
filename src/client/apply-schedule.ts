import { isDeepStrictEqual } from 'node:util'
import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type ScheduleClient,
  type ScheduleDescription,
} from '@temporalio/client'
import { z } from 'zod'
import type {
  PipelineDefinition,
  ScheduleDefinition,
} from '../../activities/pipeline-definition.ts'
import {
  scheduleIdOf,
  type ScheduleTickInput,
} from '../../activities/schedule/schedule-tick-input.ts'
import { findSchedule, type AppliedSchedule } from './applied-schedule.ts'
import { scheduleDigest } from './compare-schedules.ts'
import { ScheduleError } from './schedule-error.ts'
import { toScheduleSpec } from './schedule-spec.ts'
import { startWithAttributes } from './search-attributes.ts'

export interface ScheduleRequest {
  readonly definition: PipelineDefinition & { readonly schedule: ScheduleDefinition }
  /** What comes after it, by `planDownstream`. */
  readonly downstream: readonly PipelineDefinition[]
  /** Where the definition came from. */
  readonly file: string
  readonly taskQueue: string
  /** The client's clock: slices count that are due later, where this is the first time. */
  readonly now: Date
  /** Slices count that are due after this, whatever was said before. @default as it is, or `now` */
  readonly since?: Date | undefined
}

export type AppliedOutcome =
  | { readonly kind: 'created' | 'unchanged' }
  /** What was changed, in a word each. */
  | { readonly kind: 'updated'; readonly changes: readonly string[] }

/** Stands in the schedule, and in the history of each tick: far below what Temporal takes in one field. */
const mostArgumentBytes = 512 * 1024

/** What Temporal takes at least. */
const leastCatchupMs = 10_000

/**
 * Makes the schedule of a pipeline what its file says, and does nothing where it is that already. One
 * that is paused stays so.
 *
 * @throws ScheduleError SCHEDULE_TOO_LARGE
 */
export async function applySchedule(
  schedules: ScheduleClient,
  request: ScheduleRequest,
): Promise<AppliedOutcome> {
  const found = await findSchedule(schedules, request.definition.name)
  if (found !== undefined) return updateSchedule(schedules, request, found)
  const tick = tickOf(request, request.since ?? request.now)
  try {
    const pipeline = request.definition.name
    const { action, ...wanted } = parametersOf(request, tick)
    await startWithAttributes(schedules, { pipeline }, (typedSearchAttributes) =>
      schedules.create({
        scheduleId: scheduleIdOf(pipeline),
        ...wanted,
        action: { ...action, typedSearchAttributes },
        state: { note: noteOf(tick) },
      }),
    )
    return { kind: 'created' }
  } catch (error) {
    // Somebody else has, between the look and this.
    if (error instanceof ScheduleAlreadyRunning) return applySchedule(schedules, request)
    throw error
  }
}

async function updateSchedule(
  schedules: ScheduleClient,
  request: ScheduleRequest,
  { description, tick: earlier }: AppliedSchedule,
): Promise<AppliedOutcome> {
  const tick = tickOf(request, request.since ?? new Date(earlier.since))
  const wanted = parametersOf(request, tick)
  const changes = differences(description, wanted)
  if (changes.length === 0) return { kind: 'unchanged' }
  const { name: pipeline } = request.definition
  await startWithAttributes(schedules, { pipeline }, (typedSearchAttributes) =>
    schedules.getHandle(description.scheduleId).update(({ state }) => ({
      ...wanted,
      action: { ...wanted.action, typedSearchAttributes },
      state: state.paused ? state : { ...state, note: noteOf(tick) },
    })),
  )
  return { kind: 'updated', changes }
}

type Parameters = ReturnType<typeof parametersOf>

function parametersOf({ definition, taskQueue }: ScheduleRequest, tick: ScheduleTickInput) {
  return {
    spec: toScheduleSpec(definition.schedule),
    action: {
      type: 'startWorkflow' as const,
      workflowType: 'scheduleTick',
      workflowId: scheduleIdOf(definition.name),
      taskQueue,
      args: [tick],
      staticSummary: `${definition.name}: fires what is due`,
    },
    policies: {
      // Ticks are short, and each has a time of its own.
      overlap: ScheduleOverlapPolicy.ALLOW_ALL,
      catchupWindow: Math.max(definition.schedule.catchupMs, leastCatchupMs),
    },
  }
}

function tickOf({ definition, downstream, file }: ScheduleRequest, since: Date): ScheduleTickInput {
  const digest = scheduleDigest(definition, downstream)
  const tick = { definition, downstream, since: since.toISOString(), appliedFrom: { file, digest } }
  const sizeBytes = Buffer.byteLength(JSON.stringify(tick))
  if (sizeBytes <= mostArgumentBytes) return tick
  throw new ScheduleError(
    'SCHEDULE_TOO_LARGE',
    `the pipeline and the ${downstream.length} after it are ${sizeBytes} bytes, ${mostArgumentBytes} fit a schedule`,
    {
      at: { pipeline: definition.name },
      remedy: 'Move long SQL into a view of the source, or let fewer pipelines come after it.',
    },
  )
}

function differences(
  { spec, action, policies }: ScheduleDescription,
  wanted: Parameters,
): string[] {
  const [before] = plain(action.args)
  const [after] = plain(wanted.action.args)
  const equal = (name: string): boolean => isDeepStrictEqual(before?.[name], after?.[name])
  // Whatever somebody has added by other means would make it tick at other times.
  const { intervals = [], skip = [], startAt, endAt } = spec
  const isAlone = intervals.length + skip.length === 0 && (startAt ?? endAt) === undefined
  const isSameTimes = isAlone && isDeepStrictEqual(timesOf(spec), timesOf(wanted.spec))
  const isSameAction =
    action.taskQueue === wanted.action.taskQueue &&
    action.workflowType === wanted.action.workflowType &&
    action.workflowId === wanted.action.workflowId
  const isSamePolicy =
    policies.overlap === wanted.policies.overlap &&
    policies.catchupWindow === wanted.policies.catchupWindow
  return [
    ...(isSameTimes ? [] : ['times']),
    ...(isSamePolicy ? [] : ['catchup']),
    ...(isSameAction ? [] : ['queue']),
    ...['definition', 'downstream', 'since'].filter((name) => !equal(name)),
  ]
}

function timesOf({ calendars, jitter, timezone }: Times) {
  // A comment changes nothing, and the server adds an empty one.
  const uncommented = (calendars ?? []).map((calendar) => ({ ...calendar, comment: '' }))
  return { calendars: uncommented, jitter: jitter ?? 0, timezone }
}

type Times = Pick<ScheduleDescription['spec'], 'calendars' | 'jitter' | 'timezone'>

/** As JSON has it: a member that is undefined is none. */
function plain(args: readonly unknown[] | undefined): Record<string, unknown>[] {
  return z.array(z.record(z.string(), z.unknown())).parse(JSON.parse(JSON.stringify(args ?? [])))
}

function noteOf({ appliedFrom: { file, digest } }: ScheduleTickInput): string {
  return `applied from ${file} (${digest.slice(0, 12)})`
}
