import { defineQuery } from '@temporalio/workflow'
import type { LoadCounts } from '../activities/load-target.ts'

export type LoadPhase =
  | 'preparing'
  | 'loading'
  | 'transforming'
  | 'checking'
  | 'sealing'
  | 'publishing'
  | 'done'

/** What the `progress` query answers; totals over all runs of the chain. */
export interface LoadProgress {
  readonly phase: LoadPhase
  readonly batchesFetched: number
  readonly batchesStaged: number
  readonly pages: number
  /** Pages that an earlier attempt or run had landed. */
  readonly pagesFound: number
  readonly sourceBytes: number
  readonly storedBytes: number
  /** Rows converted and good; what a transform of the whole dataset made of them, once it has. */
  readonly rows: number
  readonly rowsStaged: number
  readonly rejects: number
  /** Of sources that are made of items, such as files. */
  readonly items?: number | undefined
  readonly itemsLoaded?: number | undefined
}

export const progressQuery = defineQuery<LoadProgress>('progress')

export const noProgress: LoadProgress = {
  phase: 'preparing',
  batchesFetched: 0,
  batchesStaged: 0,
  pages: 0,
  pagesFound: 0,
  sourceBytes: 0,
  storedBytes: 0,
  rows: 0,
  rowsStaged: 0,
  rejects: 0,
}

/** What a finished load answers. */
export interface LoadResult extends Omit<LoadProgress, 'phase'> {
  readonly datasetId: string
  readonly manifestKey: string
  readonly counts: LoadCounts
}
