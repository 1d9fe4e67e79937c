import { Context } from '@temporalio/activity'
import type { RunReference } from './run-reference.ts'

/** What is counted of loads, by pipeline; each is a Prometheus counter `claimcheck_…_total`. */
export const STEP_COUNTERS = {
  pages_fetched: 'Pages that sources were asked for',
  pages_found: 'Pages that were in the store already, and were not asked for',
  landed_bytes: 'Bytes stored of pages, compressed',
  rows_converted: 'Rows converted into parts',
  rows_rejected: 'Records that were set aside',
  part_bytes: 'Bytes stored of parts',
  rows_staged: 'Rows staged beside a target',
  loads_published: 'Loads that were published',
} as const

export type StepCounts = Readonly<Partial<Record<keyof typeof STEP_COUNTERS, number>>>

/** What a step was told; steps that have several parts name the one they did. */
export interface StepInput {
  readonly run: RunReference
  readonly partNumber?: number
}

/**
 * Says in the log and in the metrics of the worker what an activity has done. What an attempt did whose
 * answer was lost on its way is told again with the next one.
 */
export function reportStep({ run, partNumber }: StepInput, counts: StepCounts): void {
  const { log, metricMeter } = Context.current()
  const { pipeline, partition, datasetId } = run
  log.info('step done', { pipeline, partition, datasetId, partNumber, counts })
  for (const name of namesOf(STEP_COUNTERS)) {
    const count = counts[name] ?? 0
    if (count === 0) continue
    metricMeter
      .createCounter(`claimcheck_${name}`, undefined, STEP_COUNTERS[name])
      .add(count, { pipeline })
  }
}

function namesOf<Name extends string>(record: Readonly<Record<Name, unknown>>): readonly Name[] {
  return Object.keys(record) as Name[]
}
