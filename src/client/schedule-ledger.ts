import type { Client } from '@temporalio/client'
import type { LoadTarget } from '../../activities/index.ts'
import { dueSlices, type DueSlice } from '../../activities/partition/due-slices.ts'
import { partitionWorkflowId } from '../../workflows/partition-workflow-id.ts'
import type { AppliedSchedule } from './applied-schedule.ts'
import { runningLoads } from './running-loads.ts'

/** A slice that was due, and is not in the target. */
export interface MissedSlice extends DueSlice {
  /**
   * `running` or waiting to; `due`: a tick that comes now takes it; `missing`: it is older than the
   * catchup, so that no tick takes it any more.
   */
  readonly state: 'running' | 'due' | 'missing'
  /** Whether it is neither loaded nor on its way, although its tick should have come and gone. */
  readonly isOverdue: boolean
}

export interface ScheduleLedger {
  /** Oldest first. */
  readonly missed: readonly MissedSlice[]
  /** How many slices have been due since the schedule counts. */
  readonly dueCount: number
}

export interface LedgerRequest {
  readonly client: Client
  readonly coverage: Pick<LoadTarget, 'coveredSlices'>
  readonly now: Date
  readonly signal: AbortSignal
}

/** A tick that comes a little late is none that was missed. */
const graceMs = 300_000

/** What was due since the schedule was applied, and is not loaded: nothing that was missed is forgotten. */
export async function readLedger(
  { tick }: Pick<AppliedSchedule, 'tick'>,
  { client, coverage, now, signal }: LedgerRequest,
): Promise<ScheduleLedger> {
  const { schedule, name: pipeline, target, columns } = tick.definition
  if (schedule === undefined) return { missed: [], dueCount: 0 }
  const slices = dueSlices(schedule, tick.since, now.toISOString())
  const covered = await coverage.coveredSlices({ target, columns, pipeline, slices, signal })
  const missed = slices.filter(({ name }) => !covered.has(name))
  const running = missed.length === 0 ? new Set() : await runningLoads(client, pipeline)
  const nowMs = now.getTime()
  return {
    dueCount: slices.length,
    missed: missed.map((slice) => {
      const ageMs = nowMs - Date.parse(slice.dueAt)
      const isRunning = running.has(partitionWorkflowId(pipeline, slice.name))
      const isOld = ageMs > schedule.catchupMs
      return {
        ...slice,
        state: isRunning ? 'running' : isOld ? 'missing' : 'due',
        isOverdue: !isRunning && ageMs > graceMs + (schedule.jitterMs ?? 0),
      }
    }),
  }
}
