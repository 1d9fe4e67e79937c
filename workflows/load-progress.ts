import { defineQuery } from '@temporalio/workflow'
import type { LoadCounts, LoadPlan } from '../activities/load-target.ts'
import type { ControlState } from './run-controls.ts'

export type LoadPhase =
  | 'waiting'
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
  /** Of `on_item_failure: continue`. */
  readonly itemsFailed?: number | undefined
  /** By number from 0: those that are being loaded. */
  readonly runningItems?: readonly number[] | undefined
  /**
   * Of `schema: evolve`: so many fields at least have come that need a column, or a wider one. What was
   * landed is then converted again, by a run that counts anew.
   */
  readonly undeclaredFields?: number | undefined
  /** Of a load that waits: the pipelines that have to come first, and `schedule` for its own time. */
  readonly waitingFor?: readonly string[] | undefined
  /** Whether nothing new begins. */
  readonly paused?: boolean | undefined
  /** What was asked for by signals, where any came. */
  readonly controls?: ControlState | undefined
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
export interface LoadResult extends Omit<
  LoadProgress,
  'phase' | 'waitingFor' | 'paused' | 'controls' | 'runningItems'
> {
  /** Empty, both, where the load was skipped; the second also where it was only planned. */
  readonly datasetId: string
  readonly manifestKey: string
  readonly counts: LoadCounts
  /** What a load would change, where nothing but that was asked; `counts` are those of the plan. */
  readonly plan?: LoadPlan | undefined
  /** Declared fields that no record had: their columns are NULL, or have their default, in all rows. */
  readonly missingFields?: readonly string[] | undefined
  /** Fields of records that no column declares and that were left out. */
  readonly discardedFields?: readonly string[] | undefined
  /** Whether nothing was loaded, since a pipeline that comes first was not. */
  readonly skipped?: true | undefined
  /** Pipelines and graphs that come after this load and could not be told of it. */
  readonly untold?: readonly string[] | undefined
}

const { phase: _, ...nothing } = noProgress

/** Of a load that was skipped. */
export const skippedResult: LoadResult = {
  ...nothing,
  datasetId: '',
  manifestKey: '',
  counts: {
    rowsStaged: 0,
    rowsInserted: 0,
    rowsUpdated: 0,
    rowsUnchanged: 0,
    rowsDuplicate: 0,
    rowsDeleted: 0,
  },
  skipped: true,
}
