import type { UpstreamLoaded } from '../activities/load-input.ts'

/** Reads the argument of a signal, which anybody may have sent; nothing where it is none of ours. */
export function readOutcome(told: unknown): UpstreamLoaded | undefined {
  if (typeof told !== 'object' || told === null) return undefined
  if (!('pipeline' in told && 'partition' in told && 'outcome' in told)) return undefined
  const { pipeline, partition, outcome } = told
  if (typeof pipeline !== 'string' || typeof partition !== 'string') return undefined
  if (outcome !== 'loaded' && outcome !== 'failed' && outcome !== 'skipped') return undefined
  return { pipeline, partition, outcome }
}
