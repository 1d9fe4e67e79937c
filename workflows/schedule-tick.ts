import { continueAsNew, log, sleep, workflowInfo } from '@temporalio/workflow'
import type { ScheduleTickInput } from '../activities/schedule/schedule-tick-input.ts'
import { readyToGoOn } from './all-handled.ts'
import { activityProxies } from './proxies.ts'

/** A target that is away for a quarter of an hour is no reason to miss a night. */
const attempts = 20

const firstPauseMs = 2_000
const longestPauseMs = 300_000

/** The next tick looks after what an earlier one has left. */
const longestTickMs = { hour: 3_600_000, day: 86_400_000, week: 86_400_000, month: 86_400_000 }

/** Of the longest time of a tick: what is fired and does not end holds up the others no longer. */
const patience = 1 / 8

/** What became of the slices that were due; each list from the oldest on. */
export interface ScheduleTickResult {
  /** RFC 3339: when the tick should have come. */
  readonly nominal: string
  readonly started: readonly string[]
  /** Were running or waiting, and were told that their time has come. */
  readonly joined: readonly string[]
  /** How many the target had when the tick looked first. */
  readonly loaded: number
  /** Fired, and neither running nor loaded when the tick looked last. */
  readonly failed: readonly string[]
  /** Loaded earlier, and now not in the target: it is for a person to start them again. */
  readonly refused: readonly string[]
  /** How many are left to the next tick. */
  readonly left: number
}

/** Where a tick stands that goes on as a new run. */
export interface ScheduleTickState {
  readonly result: ScheduleTickResult
  readonly pauseMs: number
  readonly waitedMs: number
  /** Of that, since something was fired last. */
  readonly idleMs: number
}

/**
 * Turns the time that a schedule meant into slices, and fires those that are not loaded: each has a
 * static id, which dependants and people can address. What was missed before is fired too, as long as
 * it is within the catchup. Ends at once, but where slices have to come one after the other.
 */
export async function scheduleTick(
  tick: ScheduleTickInput,
  carried?: ScheduleTickState,
): Promise<ScheduleTickResult> {
  const { fireDueSlices } = activityProxies(attempts)
  const { definition } = tick
  const longestMs = longestTickMs[definition.schedule?.every ?? 'day']
  let { pauseMs, waitedMs, idleMs } = carried ?? { pauseMs: firstPauseMs, waitedMs: 0, idleMs: 0 }
  let result = carried?.result
  for (;;) {
    const nominal = result?.nominal ?? nominalTime()
    const { started = [], joined = [] } = result ?? {}
    const told = [...started, ...joined]
    const passesBy = idleMs >= longestMs * patience
    const now = await fireDueSlices({ tick, nominal, told, passesBy })
    result = {
      ...now,
      nominal,
      started: [...started, ...now.started],
      joined: [...joined, ...now.joined],
      loaded: result?.loaded ?? now.loaded,
    }
    if (now.started.length + now.joined.length > 0) {
      pauseMs = firstPauseMs
      idleMs = 0
    }
    if (now.left === 0 || waitedMs >= longestMs) break
    if (workflowInfo().continueAsNewSuggested) {
      await readyToGoOn()
      return continueAsNew<typeof scheduleTick>(tick, { result, pauseMs, waitedMs, idleMs })
    }
    await sleep(pauseMs)
    waitedMs += pauseMs
    idleMs += pauseMs
    pauseMs = Math.min(pauseMs * 2, longestPauseMs)
  }
  const { started, joined, failed, left } = result
  const pipeline = definition.name
  log.info('the tick of a schedule is over', { pipeline, started, joined, failed, left })
  return result
}

/** The time that the schedule meant, before any jitter; of one triggered by hand, that of the trigger. */
function nominalTime(): string {
  const { typedSearchAttributes, startTime } = workflowInfo()
  const meant = typedSearchAttributes.get({ name: 'TemporalScheduledStartTime', type: 'DATETIME' })
  return (meant ?? startTime).toISOString()
}
