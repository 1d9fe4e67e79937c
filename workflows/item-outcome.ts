import {
  ApplicationFailure,
  CancelledFailure,
  isCancellation,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/workflow'
import type { RunEnd } from '../activities/load-starter.ts'
import { noProgress, type LoadProgress } from './load-progress.ts'

/** What an item has loaded, or why it did not. */
export type ItemOutcome = { readonly loaded: LoadProgress } | { readonly failure: unknown }

/** What is told of an item that fails: by itself, or by whoever looks after it. */
export function endOfFailure(error: unknown): RunEnd {
  if (isCancellation(error)) return { kind: 'cancelled' }
  for (let cause: unknown = error; cause instanceof TemporalFailure; cause = cause.cause) {
    if (!(cause instanceof ApplicationFailure) || typeof cause.type !== 'string') continue
    const { type: code, message } = cause
    return { kind: 'failed', code, message, remedy: remedyOf(cause) }
  }
  const remedy = 'Look at the run in the Temporal UI.'
  return { kind: 'failed', code: 'RUN_FAILED', message: 'an item failed', remedy }
}

function remedyOf({ details }: ApplicationFailure): string {
  const [first] = Array.isArray(details) ? details : []
  if (typeof first === 'object' && first !== null && 'remedy' in first) return String(first.remedy)
  return 'Look at the run in the Temporal UI.'
}

/** What the end of an item's child workflow means for its load. */
export function outcomeOf(item: number, end: RunEnd): ItemOutcome {
  switch (end.kind) {
    case 'cancelled':
      return { failure: new CancelledFailure(`item ${item} was cancelled`) }
    case 'lost':
      return { failure: itemLost(item, end.how) }
    case 'failed': {
      const { code, message, remedy } = end
      const told = { type: code, message, nonRetryable: true, details: [{ remedy }] }
      return { failure: ApplicationFailure.create(told) }
    }
    case 'completed': {
      const loaded = readProgress(end.result)
      return loaded === undefined ? { failure: itemLost(item, 'gone') } : { loaded }
    }
  }
}

/** Of an item whose child workflow this run has begun. */
export function failedOutcome(item: number, error: unknown): ItemOutcome {
  const cause = error instanceof TemporalFailure ? error.cause : undefined
  if (cause instanceof TerminatedFailure) return { failure: itemLost(item, 'terminated') }
  if (cause instanceof TimeoutFailure) return { failure: itemLost(item, 'timed out') }
  return { failure: error }
}

type Loss = Extract<RunEnd, { readonly kind: 'lost' }>['how']

function itemLost(item: number, how: Loss): ApplicationFailure {
  const happened = { terminated: 'was terminated', 'timed out': 'timed out', gone: 'is gone' }[how]
  return ApplicationFailure.create({
    type: 'ITEM_LOST',
    message: `the child workflow of item ${item}, by number from 0, ${happened}`,
    nonRetryable: true,
    details: [{ remedy: 'Start the load again: what was landed is used.' }],
  })
}

/** Reads what an item says it has loaded: all counts have to be there. */
function readProgress(result: unknown): LoadProgress | undefined {
  if (typeof result !== 'object' || result === null) return undefined
  const counts: Readonly<Record<string, unknown>> = { undeclaredFields: 0, ...result }
  const { phase: _, ...needed } = noProgress
  const names = [...Object.keys(needed), 'undeclaredFields']
  if (!names.every((name) => Number.isSafeInteger(counts[name]))) return undefined
  return { ...noProgress, ...result }
}
