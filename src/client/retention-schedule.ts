import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleClient,
  type ScheduleDescription,
} from '@temporalio/client'
import type { RetentionInput } from '../../workflows/index.ts'
import { ScheduleError } from './schedule-error.ts'

export const retentionScheduleId = 'retention'

export interface RetentionScheduleRequest {
  readonly input: RetentionInput
  readonly taskQueue: string
  readonly at: { readonly hour: number; readonly minute: number }
  /** As IANA has it. */
  readonly timezone: string
}

const catchupMs = 86_400_000

/** Makes the nightly sweep what the request says, whether or not there was one. */
export async function applyRetentionSchedule(
  schedules: ScheduleClient,
  { input, taskQueue, at, timezone }: RetentionScheduleRequest,
): Promise<'created' | 'updated'> {
  const wanted = {
    spec: { calendars: [{ hour: at.hour, minute: at.minute }], timezone },
    action: {
      type: 'startWorkflow' as const,
      workflowType: 'retention',
      workflowId: 'retention',
      taskQueue,
      args: [input],
      staticSummary: 'reclaims what nothing needs any more',
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: catchupMs },
  }
  try {
    await schedules.create({ scheduleId: retentionScheduleId, ...wanted })
    return 'created'
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
    await schedules.getHandle(retentionScheduleId).update(({ state }) => ({ ...wanted, state }))
    return 'updated'
  }
}

/** @throws ScheduleError SCHEDULE_NOT_FOUND */
export async function showRetentionSchedule(
  schedules: ScheduleClient,
): Promise<ScheduleDescription> {
  return existing(() => schedules.getHandle(retentionScheduleId).describe())
}

/** @throws ScheduleError SCHEDULE_NOT_FOUND */
export async function removeRetentionSchedule(schedules: ScheduleClient): Promise<void> {
  await existing(() => schedules.getHandle(retentionScheduleId).delete())
}

async function existing<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error
    throw new ScheduleError('SCHEDULE_NOT_FOUND', 'no nightly sweep is scheduled', {
      remedy: 'Schedule one with `claimcheck retention apply --at 03:30`.',
    })
  }
}
