import { defineQuery } from '@temporalio/workflow'
import type { ControlState } from './run-controls.ts'

/** More are counted, and not named. */
const mostNamed = 10

export interface FailedPartition {
  readonly partition: string
  /** What its load failed with; how it was ended, where that was not by itself. */
  readonly code: string
}

/** How many partitions of a backfill came to which end. */
export interface BackfillCounts {
  readonly loaded: number
  /** Loaded already. */
  readonly skipped: number
  readonly failed: number
  /** The first of them. */
  readonly failures: readonly FailedPartition[]
}

/** What the `progress` query of a backfill answers. */
export interface BackfillProgress extends BackfillCounts {
  /** All partitions of the range. */
  readonly planned: number
  readonly running: readonly string[]
  /** Whose turn is next; null before the first one and behind the last. */
  readonly next: string | null
  /** So many may be loaded side by side now. */
  readonly concurrency: number
  /** Whether nothing new begins. */
  readonly paused?: boolean | undefined
  /** What was asked for by signals, where any came. */
  readonly controls?: ControlState | undefined
}

/** How a backfill ended; one that failed has it in the details of its failure. */
export interface BackfillResult extends BackfillCounts {
  readonly planned: number
  /** How many did not begin, since one had failed. */
  readonly left: number
}

export const backfillProgressQuery = defineQuery<BackfillProgress>('progress')

export const noCounts: BackfillCounts = { loaded: 0, skipped: 0, failed: 0, failures: [] }

export function addFailure(
  { failures, ...counts }: BackfillCounts,
  failed: FailedPartition,
): BackfillCounts {
  return {
    ...counts,
    failed: counts.failed + 1,
    failures: failures.length < mostNamed ? [...failures, failed] : failures,
  }
}

/** How far a backfill has come: Markdown. */
export function backfillDetails(progress: BackfillProgress): string {
  const { planned, loaded, skipped, failed, running, next, paused = false } = progress
  const facts = {
    loaded: `${loaded} of ${planned}`,
    'loaded already': skipped,
    failed,
    running: running.join(', '),
    next: paused ? 'paused' : next,
  }
  return Object.entries(facts)
    .filter(([, fact]) => Boolean(fact))
    .map(([name, fact]) => `- **${name}**: ${fact}\n`)
    .join('')
}
