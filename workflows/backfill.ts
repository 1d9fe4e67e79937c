import { condition, continueAsNew, log, setHandler, workflowInfo } from '@temporalio/workflow'
import type { BackfillInput } from '../activities/backfill/backfill-input.ts'
import type { EndedLoad } from '../activities/backfill/slice-loads.ts'
import type { UpstreamLoaded } from '../activities/load-input.ts'
import { createAlarm } from './alarm.ts'
import { allHandled, readyToGoOn } from './all-handled.ts'
import {
  addFailure,
  backfillDetails,
  backfillProgressQuery,
  noCounts,
  type BackfillCounts,
  type BackfillProgress,
  type BackfillResult,
} from './backfill-progress.ts'
import { endBackfill } from './end-backfill.ts'
import { upstreamLoadedSignal } from './hear-upstreams.ts'
import { isHistoryLong } from './long-history.ts'
import { activityProxies } from './proxies.ts'
import { readOutcome } from './read-outcome.ts'
import { handleControls, type ControlState } from './run-controls.ts'
import { showDetails } from './run-details.ts'

/** Where a chain of runs stands; what `continueAsNew` carries over. */
export interface BackfillState {
  readonly counts: BackfillCounts
  readonly position: number
  readonly next: string | null
  /** Partitions whose loads have begun, and were not seen to end. */
  readonly running: readonly string[]
  /** Of these, those that have told that they failed. */
  readonly failing: readonly string[]
  /** Between looks at these loads. */
  readonly pauseMs: number
  readonly controls: ControlState
}

/** A target or Temporal that is away for a quarter of an hour is no reason to give up. */
const attempts = 20

/** A partition takes 1 to 3 KB of the history. */
const partitionsPerRun = 200

/** A load that was ended by force tells nobody, nor may one that was joined: they are looked after. */
const firstLookMs = 30_000
const longestLookMs = 300_000
/** Whoever has told that it failed is about to end. */
const soonMs = 1_000

/**
 * A range of partitions, each loaded by the run that has its static id: so many side by side, in their
 * order, without those that are in the target. One that fails does not stop the others, unless that is
 * asked for. Loads go on by themselves: to cancel the backfill keeps those from beginning that have not,
 * and leaves those that run as they are; to pause it likewise.
 */
export async function backfill(
  input: BackfillInput,
  carried?: BackfillState,
): Promise<BackfillResult> {
  const { definition, range } = input
  const { name: pipeline } = definition
  let { counts, position, next, pauseMs } = carried ?? {
    counts: noCounts,
    position: 0,
    next: null,
    pauseMs: firstLookMs,
  }
  const running = new Set(carried?.running)
  const failing = new Set(carried?.failing)
  let ended = 0
  const lookTime = createAlarm()
  /** What is told of loads before it is known here that they have begun. */
  let toldEarly: UpstreamLoaded[] | undefined
  const controls = handleControls(carried?.controls)
  const concurrency = (): number => {
    const asked = controls.limits({ ...definition.limits, itemsInFlight: input.concurrency })
    return Math.min(asked.itemsInFlight, input.mostInFlight)
  }
  const shown = (): BackfillProgress => ({
    planned: input.planned,
    ...counts,
    running: [...running],
    next,
    concurrency: concurrency(),
    ...controls.shown(),
  })
  setHandler(backfillProgressQuery, shown)
  showDetails(() => backfillDetails(shown()))

  function note({ partition, outcome, code = 'RUN_FAILED' }: EndedLoad): void {
    if (!running.delete(partition)) return
    failing.delete(partition)
    ended += 1
    counts =
      outcome === 'loaded'
        ? { ...counts, loaded: counts.loaded + 1 }
        : addFailure(counts, { partition, code: outcome === 'skipped' ? 'SKIPPED' : code })
  }

  function lookSoon(): void {
    if (pauseMs === soonMs && lookTime.isSet()) return
    pauseMs = soonMs
    lookTime.set(pauseMs)
  }

  function hear(told: UpstreamLoaded): void {
    if (!running.has(told.partition)) return
    // What is loaded is loaded; but where that is not enough, what was told early may be of the load before.
    if (told.outcome === 'loaded' && !(input.again && toldEarly !== undefined)) return note(told)
    // Why is to be asked, and whether it has not gone on.
    if (told.outcome !== 'loaded') failing.add(told.partition)
    lookSoon()
  }

  setHandler(upstreamLoadedSignal, (signal) => {
    const told = readOutcome(signal)
    if (told?.pipeline !== pipeline) {
      log.warn('a signal that is not for this backfill was ignored', { signal: 'upstreamLoaded' })
    } else if (running.has(told.partition)) hear(told)
    else toldEarly?.push(told)
  })

  const { startSlices, lookUpSlices } = activityProxies(attempts)
  const { workflowId } = workflowInfo()

  async function begin(): Promise<void> {
    toldEarly = []
    const most = concurrency() - running.size
    const started = await startSlices({ backfill: input, workflowId, position, most })
    if (running.size === 0) {
      pauseMs = firstLookMs
      if (!lookTime.isSet()) lookTime.set(pauseMs)
    }
    for (const partition of started.begun) running.add(partition)
    for (const told of toldEarly) hear(told)
    toldEarly = undefined
    counts = { ...counts, skipped: counts.skipped + started.skipped }
    position = started.position
    next = started.next
    if (started.joined) lookSoon()
  }

  async function look(): Promise<void> {
    const before = running.size
    for (const load of await lookUpSlices({ pipeline, partitions: [...running] })) note(load)
    if (running.size === before) pauseMs = Math.min(pauseMs * 2, longestLookMs)
    lookTime.set(pauseMs)
  }

  const isStopped = (): boolean =>
    input.onFailure === 'stop' && (counts.failed > 0 || failing.size > 0)
  const isOver = (): boolean => running.size === 0 && (isStopped() || position === range.count)
  const mayBegin = (): boolean =>
    !isStopped() && !controls.isPaused() && position < range.count && running.size < concurrency()
  const isLong = (): boolean => ended >= partitionsPerRun || isHistoryLong()

  const isToLook = (): boolean => running.size > 0 && lookTime.hasRung()
  if (running.size > 0) lookTime.set(pauseMs)
  while (!isOver()) {
    if (isLong()) {
      await readyToGoOn()
      return continueAsNew<typeof backfill>(input, {
        counts,
        position,
        next,
        running: [...running],
        failing: [...failing],
        pauseMs,
        controls: controls.state(),
      })
    }
    if (mayBegin()) await begin()
    else if (isToLook()) await look()
    else await condition(() => isOver() || mayBegin() || isLong() || isToLook())
  }
  await allHandled()
  return endBackfill(input, counts)
}
