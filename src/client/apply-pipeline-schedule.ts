import { relative } from 'node:path'
import type { ScheduleClient } from '@temporalio/client'
import type { ScheduleDefinition } from '../../activities/pipeline-definition.ts'
import { slicesWithin } from '../../activities/schedule/slices-of-tick.ts'
import { CommandError } from '../command-error.ts'
import type { ListedPipeline } from '../pipeline/list-pipelines.ts'
import { parsePartition } from '../pipeline/partition.ts'
import { findSchedule } from './applied-schedule.ts'
import { applySchedule, type AppliedOutcome } from './apply-schedule.ts'
import { planDownstream } from './plan-downstream.ts'

export interface PipelineScheduleRequest {
  /** All pipeline files. */
  readonly listed: readonly ListedPipeline[]
  readonly taskQueue: string
  /** The first slice that counts, whatever was said before. @default as it is, or what is due from now on */
  readonly since?: string | undefined
}

/**
 * Makes the schedule of a pipeline what its file says now.
 *
 * @throws CommandError PIPELINE_INVALID where the file is wrong or has no schedule, or that of a pipeline
 * which came after it when it was applied; PARTITION_INVALID
 * @throws ScheduleError
 */
export async function applyPipelineSchedule(
  schedules: ScheduleClient,
  file: ListedPipeline,
  { listed, taskQueue, since }: PipelineScheduleRequest,
): Promise<AppliedOutcome> {
  if (file.kind === 'invalid') throw file.error
  const { schedule, ...rest } = file.definition
  if (schedule === undefined) {
    throw new CommandError('PIPELINE_INVALID', `${file.path} has no schedule`, {
      remedy: 'Say in `schedule` when it is to be loaded; docs/pipelines.md describes it.',
    })
  }
  await refuseToForget(schedules, file.name, listed)
  return applySchedule(schedules, {
    definition: { ...rest, schedule },
    downstream: planDownstream(file.name, listed),
    file: relative(process.cwd(), file.path),
    taskQueue,
    now: new Date(),
    since: since === undefined ? undefined : beginning(since, schedule),
  })
}

/**
 * Of a file that is wrong nobody knows what it comes after. What did when the schedule was applied would be
 * told no more, and nothing would say so.
 */
async function refuseToForget(
  schedules: ScheduleClient,
  pipeline: string,
  listed: readonly ListedPipeline[],
): Promise<void> {
  const wrong = listed.filter((file) => file.kind === 'invalid')
  if (wrong.length === 0) return
  const { downstream = [] } = (await findSchedule(schedules, pipeline))?.tick ?? {}
  const forgotten = wrong.find((file) => downstream.some(({ name }) => name === file.name))
  if (forgotten !== undefined) throw forgotten.error
}

/**
 * A moment between what is due before the slice and what is due from it on: a slice is due at its end or
 * later, and before the end of the next one.
 */
function beginning(since: string, schedule: ScheduleDefinition): Date {
  const { name, interval } = parsePartition(since, schedule.timezone)
  const first = slicesWithin(schedule, interval)[0]
  if (first !== undefined) return new Date(Date.parse(first.interval.end) - 1)
  throw new CommandError('PARTITION_INVALID', `${name} holds no whole ${schedule.every}`, {
    remedy: `Give a slice as the schedule loads it, each ${schedule.every}, or a longer time.`,
  })
}
