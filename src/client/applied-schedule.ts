import {
  ScheduleNotFoundError,
  type ScheduleClient,
  type ScheduleDescription,
} from '@temporalio/client'
import { z } from 'zod'
import { pipelineDefinition } from '../../activities/definition-schema.ts'
import { scheduleIdOf } from '../../activities/schedule/schedule-tick-input.ts'
import { ordered } from '../../codec/ordered.ts'
import { ScheduleError } from './schedule-error.ts'

const askedAtOnce = 8

const tickInput = z.object({
  definition: pipelineDefinition,
  downstream: z.array(pipelineDefinition),
  since: z.string(),
  appliedFrom: z.object({ file: z.string(), digest: z.string() }),
})

/** A schedule as Temporal has it, with what its ticks are told. */
export interface AppliedSchedule {
  readonly description: ScheduleDescription
  readonly tick: z.infer<typeof tickInput>
}

/** The schedule of a pipeline; undefined where none is applied. */
export async function findSchedule(
  schedules: ScheduleClient,
  pipeline: string,
): Promise<AppliedSchedule | undefined> {
  const description = await describe(schedules, pipeline)
  if (description === undefined) return undefined
  const { action, scheduleId } = description
  const { data, error } = tickInput.safeParse(action.args?.[0])
  if (data !== undefined) return { description, tick: data }
  throw new ScheduleError('SCHEDULE_UNREADABLE', 'the arguments of the schedule cannot be read', {
    at: { schedule: scheduleId },
    remedy: 'Remove it with `claimcheck schedule rm`, and apply the pipeline file again.',
    cause: error,
  })
}

/** @throws ScheduleError SCHEDULE_NOT_FOUND */
export async function requireSchedule(
  schedules: ScheduleClient,
  pipeline: string,
): Promise<AppliedSchedule> {
  const found = await findSchedule(schedules, pipeline)
  if (found === undefined) throw notFound(pipeline)
  return found
}

/** Runs `change` on the schedule, saying clearly where there is none. */
export async function changeSchedule(
  schedules: ScheduleClient,
  pipeline: string,
  change: (handle: ReturnType<ScheduleClient['getHandle']>) => Promise<void>,
): Promise<void> {
  try {
    await change(schedules.getHandle(scheduleIdOf(pipeline)))
    // Of changes that follow each other fast the server may forget the earlier ones, until it is asked.
    await describe(schedules, pipeline)
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) throw notFound(pipeline)
    throw error
  }
}

/** Names of the pipelines with a schedule, whichever queue it is for; the newest ones may be lacking. */
export async function listScheduledPipelines(schedules: ScheduleClient): Promise<string[]> {
  const prefix = scheduleIdOf('')
  const names: string[] = []
  for await (const { scheduleId, action } of schedules.list()) {
    const isOurs = action?.workflowType === 'scheduleTick' && scheduleId.startsWith(prefix)
    if (isOurs) names.push(scheduleId.slice(prefix.length))
  }
  return names
}

/** Of one queue, as far as they can be read. */
export async function listAppliedSchedules(
  schedules: ScheduleClient,
  taskQueue: string,
): Promise<{ readonly pipeline: string; readonly digest: string }[]> {
  const names = await listScheduledPipelines(schedules)
  const applied = ordered(names, askedAtOnce, async (pipeline) => {
    const description = await describe(schedules, pipeline)
    if (description?.action.taskQueue !== taskQueue) return []
    const { data } = tickInput.safeParse(description.action.args?.[0])
    return [{ pipeline, digest: data?.appliedFrom.digest ?? '' }]
  })
  return (await Array.fromAsync(applied)).flat()
}

async function describe(
  schedules: ScheduleClient,
  pipeline: string,
): Promise<ScheduleDescription | undefined> {
  try {
    return await schedules.getHandle(scheduleIdOf(pipeline)).describe()
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined
    throw error
  }
}

function notFound(pipeline: string): ScheduleError {
  return new ScheduleError('SCHEDULE_NOT_FOUND', `the pipeline ${pipeline} has no schedule`, {
    at: { pipeline },
    remedy:
      'Apply its pipeline file with `claimcheck schedule apply`; `claimcheck schedule ls` lists what there is.',
  })
}
