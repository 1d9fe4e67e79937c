import type { ScheduleClient } from '@temporalio/client'
import { dueSlices } from '../../activities/partition/due-slices.ts'
import type { ScheduleDefinition } from '../../activities/pipeline-definition.ts'
import { CodedError } from '../../codec/coded-error.ts'
import { ordered } from '../../codec/ordered.ts'
import { findSchedule, listScheduledPipelines, type AppliedSchedule } from './applied-schedule.ts'
import { readLedger, type LedgerRequest, type MissedSlice } from './schedule-ledger.ts'

/** Each asks Temporal twice and the target once. */
const readAtOnce = 8

/** Of a month, and a day that a place may leave out. */
const longestPeriodMs = 33 * 86_400_000

/** How the schedule of one pipeline stands. */
export interface ScheduleStatus {
  readonly pipeline: string
  readonly paused: boolean
  readonly note: string
  /** RFC 3339: when the next slice is due; null where no tick comes. */
  readonly next: string | null
  /** When the last tick was meant to come; null before the first. */
  readonly lastTick: string | null
  /** Slices that were due by then are none of its own. */
  readonly since: string
  readonly timezone: string
  readonly file: string
  readonly digest: string
  readonly downstream: readonly string[]
  readonly dueCount: number
  readonly missed: readonly MissedSlice[]
}

/** What became of the look at one schedule. */
export type ScheduleReading =
  | { readonly kind: 'read'; readonly status: ScheduleStatus }
  | { readonly kind: 'failed'; readonly pipeline: string; readonly error: CodedError }

/**
 * All schedules of a task queue by name; one that cannot be read hides none of the others. Those of
 * `known` are found however new they are.
 */
export async function listScheduleStatus(
  schedules: ScheduleClient,
  request: LedgerRequest & { readonly taskQueue: string; readonly known: readonly string[] },
): Promise<ScheduleReading[]> {
  const names = new Set([...request.known, ...(await listScheduledPipelines(schedules))])
  const read = async (pipeline: string): Promise<ScheduleReading[]> => {
    try {
      const applied = await findSchedule(schedules, pipeline)
      if (applied?.description.action.taskQueue !== request.taskQueue) return []
      return [{ kind: 'read', status: await readScheduleStatus(applied, request) }]
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      return [{ kind: 'failed', pipeline, error }]
    }
  }
  const readings = await Array.fromAsync(ordered([...names].toSorted(), readAtOnce, read))
  return readings.flat()
}

/** With its ledger, by the clock of the request. */
export async function readScheduleStatus(
  applied: AppliedSchedule,
  request: LedgerRequest,
): Promise<ScheduleStatus> {
  const { description, tick } = applied
  const { state, info } = description
  const { schedule } = tick.definition
  const ledger = await readLedger(applied, request)
  return {
    pipeline: tick.definition.name,
    paused: state.paused,
    note: state.note ?? '',
    next: state.paused || schedule === undefined ? null : nextDue(schedule, tick, request.now),
    lastTick: info.recentActions.at(-1)?.scheduledAt.toISOString() ?? null,
    since: tick.since,
    timezone: schedule?.timezone ?? 'UTC',
    file: tick.appliedFrom.file,
    digest: tick.appliedFrom.digest,
    downstream: tick.downstream.map(({ name }) => name),
    ...ledger,
  }
}

function nextDue(
  schedule: ScheduleDefinition,
  { since }: Pick<AppliedSchedule['tick'], 'since'>,
  now: Date,
): string | null {
  const from = new Date(Math.max(now.getTime(), Date.parse(since)))
  const until = new Date(from.getTime() + longestPeriodMs)
  return dueSlices(schedule, from.toISOString(), until.toISOString())[0]?.dueAt ?? null
}
