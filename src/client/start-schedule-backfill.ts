import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy, type Client } from '@temporalio/client'
import { scheduleIdOf } from '../../activities/schedule/schedule-tick-input.ts'
import { slicesWithin } from '../../activities/schedule/slices-of-tick.ts'
import type { scheduleTick } from '../../workflows/index.ts'
import { CommandError } from '../command-error.ts'
import { parsePartition } from '../pipeline/partition.ts'
import type { AppliedSchedule } from './applied-schedule.ts'

export interface BackfillRequest {
  /** The first and the last time slice, both included. */
  readonly from: string
  readonly to: string
  readonly requestedAt: Date
  readonly taskQueue: string
}

export interface StartedBackfill {
  readonly workflowId: string
  /** How many slices it looks after; those that are loaded are not loaded again. */
  readonly slices: number
}

/** The tick keeps the names of what it has fired. */
const mostSlices = 5_000

/**
 * Starts a tick for slices of the past, whether or not the schedule counts them. They are fired oldest
 * first, as many side by side as a tick fires, and each under its own id.
 *
 * @throws CommandError PARTITION_INVALID
 */
export async function startScheduleBackfill(
  client: Client,
  { tick }: Pick<AppliedSchedule, 'tick'>,
  { from, to, requestedAt, taskQueue }: BackfillRequest,
): Promise<StartedBackfill> {
  const { name: pipeline, schedule } = tick.definition
  const { name, interval } = parsePartition(
    from === to ? from : `${from}..${to}`,
    schedule?.timezone,
  )
  const slices = schedule === undefined ? 0 : slicesWithin(schedule, interval).length
  if (slices === 0 || slices > mostSlices) {
    const complaint =
      slices === 0
        ? `holds no whole ${schedule?.every ?? 'slice'} of the schedule`
        : `holds ${slices} slices, more than ${mostSlices}`
    throw new CommandError('PARTITION_INVALID', `${name} ${complaint}`, {
      at: { pipeline },
      remedy: 'Give the first and the last slice: --from 2001-01-05 --to 2001-01-09.',
    })
  }
  const workflowId = `${scheduleIdOf(pipeline)}/${name}`
  await client.workflow.start<typeof scheduleTick>('scheduleTick', {
    workflowId,
    taskQueue,
    args: [{ ...tick, backfill: { ...interval, requestedAt: requestedAt.toISOString() } }],
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
  })
  return { workflowId, slices }
}
