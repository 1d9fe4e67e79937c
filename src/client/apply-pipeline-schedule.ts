import { relative } from 'node:path'
import type { ScheduleClient } from '@temporalio/client'
import { CommandError } from '../command-error.ts'
import type { ListedPipeline } from '../pipeline/list-pipelines.ts'
import { applySchedule, type AppliedOutcome } from './apply-schedule.ts'
import { planDownstream } from './plan-downstream.ts'

/**
 * Makes the schedule of a pipeline what its file says now.
 *
 * @param listed All pipeline files.
 * @throws CommandError PIPELINE_INVALID where the file is wrong or has no schedule
 * @throws ScheduleError
 */
export async function applyPipelineSchedule(
  schedules: ScheduleClient,
  file: ListedPipeline,
  { listed, taskQueue }: { readonly listed: readonly ListedPipeline[]; readonly taskQueue: string },
): Promise<AppliedOutcome> {
  if (file.kind === 'invalid') throw file.error
  const { schedule, ...rest } = file.definition
  if (schedule === undefined) {
    throw new CommandError('PIPELINE_INVALID', `${file.path} has no schedule`, {
      remedy: 'Say in `schedule` when it is to be loaded; docs/pipelines.md describes it.',
    })
  }
  return applySchedule(schedules, {
    definition: { ...rest, schedule },
    downstream: planDownstream(file.name, listed),
    file: relative(process.cwd(), file.path),
    taskQueue,
    now: new Date(),
  })
}
