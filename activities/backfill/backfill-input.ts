import type { Partition } from '../partition/name-partition.ts'
import type { PipelineDefinition } from '../pipeline-definition.ts'
import { sliceAt, type SliceRange } from './slice-range.ts'

export const backfillOrders = ['oldest-first', 'newest-first'] as const

export type BackfillOrder = (typeof backfillOrders)[number]

/** What a backfill is told when it begins. */
export interface BackfillInput {
  readonly definition: PipelineDefinition
  /** The pipelines that come after this one, and after these: its loads tell them of their ends. */
  readonly downstream: readonly PipelineDefinition[]
  readonly range: SliceRange
  /** How many partitions the range has. */
  readonly planned: number
  readonly order: BackfillOrder
  /** Whether partitions that are loaded are loaded again. */
  readonly again: boolean
  /** Whether one that failed keeps those that have not begun from beginning. */
  readonly onFailure: 'continue' | 'stop'
  /** Whether each load waits for the pipelines of `after`. */
  readonly waitForUpstreams: boolean
  /** How many are loaded side by side, until another number is asked for. */
  readonly concurrency: number
  /** The greatest number that may be asked for: 1 where one has to come after the other. */
  readonly mostInFlight: number
  /** RFC 3339; the client's clock, since a workflow has none of its own. */
  readonly requestedAt: string
}

/** The partition whose turn comes at that position, from 0; undefined for a day that was left out. */
export function sliceInTurn(
  { definition, range, order }: Pick<BackfillInput, 'definition' | 'range' | 'order'>,
  position: number,
): Partition | undefined {
  const index = order === 'oldest-first' ? position : range.count - 1 - position
  return sliceAt(range, index, definition.schedule?.timezone ?? 'UTC')
}
