import {
  CancelledFailure,
  isCancellation,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/workflow'
import type { RunEnd } from '../activities/load-starter.ts'
import { codedFailure, uncodedFailure } from './coded-failure.ts'
import { finalFailure } from './final-failure.ts'
import { noProgress, type LoadProgress } from './load-progress.ts'

/** What an item has loaded, or why it did not. */
export type ItemOutcome = { readonly loaded: LoadProgress } | { readonly failure: unknown }

/** What is told of an item that fails: by itself, or by whoever looks after it. */
export function endOfFailure(error: unknown): RunEnd {
  if (isCancellation(error)) return { kind: 'cancelled' }
  return { kind: 'failed', ...(codedFailure(error) ?? uncodedFailure) }
}

/** What the end of an item's child workflow means for its load. */
export function outcomeOf(item: number, end: RunEnd): ItemOutcome {
  switch (end.kind) {
    case 'cancelled':
      return { failure: new CancelledFailure(`item ${item} was cancelled`) }
    case 'lost':
      return { failure: itemLost(item, end.how) }
    case 'failed': {
      const { code: type, message, remedy } = end
      return { failure: finalFailure({ type, message, remedy }) }
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

function itemLost(item: number, how: Loss): Error {
  const happened = { terminated: 'was terminated', 'timed out': 'timed out', gone: 'is gone' }[how]
  return finalFailure({
    type: 'ITEM_LOST',
    message: `the child workflow of item ${item}, by number from 0, ${happened}`,
    remedy: 'Start the load again: what was landed is used.',
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
