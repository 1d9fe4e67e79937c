import type { Interval } from './pipeline-definition.ts'

/** What a run asks its source for. */
export interface SourceSlice {
  /** The name of the interval, as the client wrote it. */
  readonly partition: string
  readonly interval: Interval
  /** Of incremental pipelines: how far the last load came. */
  readonly highWaterMark?: string | undefined
}
