import {
  condition,
  defineSignal,
  isCancellation,
  log,
  patched,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { Activities } from '../activities/create-activities.ts'
import type { LoadInput, UpstreamLoaded } from '../activities/load-input.ts'
import type { UpstreamDefinition } from '../activities/pipeline-definition.ts'
import { finalFailure } from './final-failure.ts'
import { readOutcome } from './read-outcome.ts'

export const upstreamLoadedSignal = defineSignal<[unknown]>('upstreamLoaded')

/** The time of a load has come; `{ force: true }` ends all waiting. */
export const fireSignal = defineSignal<[unknown]>('fire')

/** An upstream that was loaded without telling anybody is noticed after these, growing. */
const firstLookMs = 60_000
const longestLookMs = 960_000

type Outcome = UpstreamLoaded['outcome']

type Looks = Pick<Activities, 'lookUpLoads' | 'lookUpForgottenLoads'>

/** What a load has heard while it waited; `continueAsNew` carries it over. */
export interface HeardState {
  readonly outcomes: Readonly<Record<string, Outcome>>
  readonly fired: boolean
  readonly forced: boolean
  /** How long its upstreams were waited for. */
  readonly waitedMs: number
  readonly lookMs: number
}

/** How waiting ended; `too-long` is the history, not the time. */
export type WaitingEnd = 'begin' | 'skip' | 'too-long'

export interface Upstreams {
  state(): HeardState
  /**
   * Waits until all that the load waits for has come, and answers what it is to do.
   *
   * @throws ApplicationFailure UPSTREAM_FAILED, UPSTREAM_TIMEOUT, SCHEDULE_SILENT
   */
  wait(activities: Looks): Promise<WaitingEnd>
  /** Whether all that it waits for has come, or a person lets it wait no more. */
  mayBegin(): boolean
  /** Whether a person lets it wait no more. */
  isForced(): boolean
  /** Names of upstreams, and `schedule`. */
  waitingFor(): readonly string[]
}

const nothingHeard: HeardState = {
  outcomes: {},
  fired: false,
  forced: false,
  waitedMs: 0,
  lookMs: 0,
}

/** Hears what a load waits for, in whatever order it comes. */
export function hearUpstreams(input: LoadInput, carried: HeardState = nothingHeard): Upstreams {
  const upstreams = input.waitsFor?.upstreams ?? []
  const bySchedule = input.waitsFor?.schedule ?? false
  let heard = carried
  setHandler(upstreamLoadedSignal, (told) => {
    const loaded = readOutcome(told)
    if (loaded === undefined || loaded.partition !== input.partition) {
      log.warn('a signal that is not for this load was ignored', { signal: 'upstreamLoaded' })
      return
    }
    if (!upstreams.some(({ pipeline }) => pipeline === loaded.pipeline)) return
    heard = { ...heard, outcomes: { ...heard.outcomes, [loaded.pipeline]: loaded.outcome } }
  })
  setHandler(fireSignal, (told) => {
    const forced =
      typeof told === 'object' && told !== null && 'force' in told && told.force === true
    heard = { ...heard, fired: true, forced: heard.forced || forced }
  })

  const outcomeOf = ({ pipeline }: UpstreamDefinition): Outcome | undefined =>
    heard.outcomes[pipeline]
  const missing = (): UpstreamDefinition[] =>
    upstreams.filter((upstream) => outcomeOf(upstream) !== 'loaded')
  const isItsTime = (): boolean => heard.fired || !bySchedule
  const waitingFor = (): string[] => [
    ...missing().map(({ pipeline }) => pipeline),
    ...(isItsTime() ? [] : ['schedule']),
  ]

  /** Those that have ended badly, and whose rule is not to wait for better. */
  const endedBadly = (): UpstreamDefinition[] =>
    missing().filter(
      (upstream) => upstream.onFailure !== 'wait' && outcomeOf(upstream) !== undefined,
    )

  const mayBegin = (): boolean => heard.forced || (isItsTime() && missing().length === 0)

  /**
   * Nothing is decided before its own time, nor while an upstream is still to be heard of: what was
   * decided early would be undone by the next one that tells.
   */
  const isDecided = (): boolean =>
    mayBegin() ||
    (isItsTime() &&
      endedBadly().length > 0 &&
      upstreams.every((upstream) => outcomeOf(upstream) !== undefined))

  /**
   * Waits for the load's own time. The timeout begins anew where the history has grown long meanwhile: that
   * takes thousands of signals.
   */
  async function itsTime(hasCome: () => boolean): Promise<void> {
    const timeoutMs = input.waitsFor?.scheduleTimeoutMs
    if (timeoutMs === undefined) await condition(hasCome)
    else if (!(await condition(hasCome, timeoutMs))) throw scheduleSilent()
  }

  async function look({ lookUpLoads }: Pick<Looks, 'lookUpLoads'>): Promise<void> {
    const pipelines = missing().map(({ pipeline }) => pipeline)
    const found = await lookUpLoads({ pipelines, partition: input.partition })
    const outcomes = { ...heard.outcomes }
    for (const [pipeline, outcome] of Object.entries(found)) {
      // What was told meanwhile is newer.
      if (outcomes[pipeline] !== 'loaded') outcomes[pipeline] = outcome
    }
    const lookMs = heard.lookMs === 0 ? firstLookMs : Math.min(heard.lookMs * 2, longestLookMs)
    heard = { ...heard, outcomes, lookMs }
  }

  /**
   * Temporal forgets what was loaded long ago. What begins later is heard of, so that one look is enough;
   * and what cannot be asked is waited for, as before. Each is asked for by itself: a target that is away
   * takes away nothing of what the others know.
   */
  async function lookBack({ lookUpForgottenLoads }: Looks): Promise<void> {
    const unheard = missing().filter((upstream) => outcomeOf(upstream) === undefined)
    // Runs that an earlier version began wait for all that they have not heard of.
    if (unheard.length === 0 || !patched('forgotten-upstreams')) return
    const looks = unheard.map(async ({ pipeline }) => {
      try {
        const asked = { pipelines: [pipeline], partition: input.partition }
        const { loaded } = await lookUpForgottenLoads(asked)
        // What was told meanwhile is newer.
        if (heard.outcomes[pipeline] !== undefined || !loaded.includes(pipeline)) return
        heard = { ...heard, outcomes: { ...heard.outcomes, [pipeline]: 'loaded' } }
      } catch (error) {
        if (isCancellation(error)) throw error
        // The last attempt's failure stands in the history.
        log.warn('whether an upstream was loaded long ago could not be asked', { pipeline })
      }
    })
    await Promise.all(looks)
  }

  return {
    state: () => heard,
    mayBegin,
    isForced: () => heard.forced,
    waitingFor,
    async wait(activities) {
      const isLong = (): boolean => workflowInfo().continueAsNewSuggested
      for (;;) {
        if (isDecided()) {
          return mayBegin() ? 'begin' : skipOrFail(endedBadly())
        }
        if (isLong()) return 'too-long'
        if (!isItsTime()) {
          await itsTime(() => isItsTime() || isLong())
          continue
        }
        if (heard.lookMs === 0) {
          await look(activities)
          // Targets may be long in answering: what is told meanwhile is not kept waiting.
          await Promise.race([lookBack(activities), condition(isDecided)])
          continue
        }
        const overdue = missing().filter(({ timeoutMs }) => timeoutMs <= heard.waitedMs)
        if (overdue.length > 0) {
          return endedBadly().length > 0 ? skipOrFail(endedBadly()) : timedOut(overdue)
        }
        const untilOverdue = missing().map(({ timeoutMs }) => timeoutMs - heard.waitedMs)
        const pauseMs = Math.min(heard.lookMs, ...untilOverdue)
        if (await condition(() => isDecided() || isLong(), pauseMs)) continue
        heard = { ...heard, waitedMs: heard.waitedMs + pauseMs }
        await look(activities)
      }
    },
  }
}

/** @throws ApplicationFailure UPSTREAM_FAILED */
function skipOrFail(endedBadly: readonly UpstreamDefinition[]): 'skip' {
  const failing = endedBadly.filter(({ onFailure }) => onFailure === 'fail')
  if (failing.length === 0) return 'skip'
  const names = failing.map(({ pipeline }) => pipeline).join(', ')
  throw finalFailure({
    type: 'UPSTREAM_FAILED',
    message: `what this load comes after has failed or was skipped: ${names}`,
    remedy:
      'Load those first: this load then starts by itself. Or start it with `claimcheck run`, which waits for nothing.',
  })
}

/** @throws ApplicationFailure UPSTREAM_TIMEOUT */
function timedOut(overdue: readonly UpstreamDefinition[]): never {
  const names = overdue.map(({ pipeline }) => pipeline).join(', ')
  throw finalFailure({
    type: 'UPSTREAM_TIMEOUT',
    message: `what this load comes after was not loaded in time: ${names}`,
    remedy:
      'Load those first, or raise the `timeout` in `after`; `claimcheck run` starts this load without them.',
  })
}

function scheduleSilent(): Error {
  return finalFailure({
    type: 'SCHEDULE_SILENT',
    message: 'the schedule of this load did not fire in time, nor within its catchup',
    remedy:
      'See with `claimcheck schedule show` whether it is paused or was never applied; `claimcheck run` starts this load without it.',
  })
}
