/** The types of workflows that people know as runs; others of the namespace are not shown or touched. */
export const RUN_TYPES = [
  'bulkLoad',
  'reprocess',
  'backfill',
  'dailyGraph',
  'scheduleTick',
  'callEndpoint',
  'retention',
] as const

/** Parts of a run: found by their id, and not listed among the runs. */
const PART_TYPES: ReadonlySet<string> = new Set(['loadItem'])

const PAUSABLE_TYPES: ReadonlySet<string> = new Set([
  'bulkLoad',
  'reprocess',
  'backfill',
  'dailyGraph',
])

export function isRunType(type: string): boolean {
  return RUN_TYPES.some((known) => known === type) || PART_TYPES.has(type)
}

export function isPausable(type: string): boolean {
  return PAUSABLE_TYPES.has(type)
}

const CONCURRENT_TYPES: ReadonlySet<string> = new Set(['bulkLoad', 'reprocess', 'backfill'])

/** Whether it heeds how much is to be under way at once; a graph leaves that to its loads. */
export function hasConcurrency(type: string): boolean {
  return CONCURRENT_TYPES.has(type)
}

/** How runs stand, and what Temporal calls it in queries. */
export const RUN_STATES = {
  running: 'Running',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Canceled',
  terminated: 'Terminated',
  'timed-out': 'TimedOut',
  continued: 'ContinuedAsNew',
  paused: 'Paused',
} as const

export type RunState = keyof typeof RUN_STATES

/** @param code Of `temporal.api.enums.v1.WorkflowExecutionStatus`. */
export function runState(code: number | null | undefined): RunState {
  return statesByCode[code ?? 1] ?? 'running'
}

const statesByCode: Readonly<Record<number, RunState>> = {
  1: 'running',
  2: 'completed',
  3: 'failed',
  4: 'cancelled',
  5: 'terminated',
  6: 'continued',
  7: 'timed-out',
  8: 'paused',
}
