import type { Reprocessing } from './load-input.ts'
import type { DatasetId } from './load-target.ts'
import type { ColumnDefinition, Interval, PipelineDefinition } from './pipeline-definition.ts'

export interface LandingReference {
  /** Digest of the source's definition and the interval. */
  readonly fetchKey: string
  /** Counts up each time the same source and interval is fetched anew. */
  readonly sequence: number
}

/**
 * What activities are given to know their run: small, so that it costs little in each event. The
 * definition that the run is pinned to is read from the store.
 */
export interface RunReference {
  readonly pipeline: string
  readonly partition: string
  readonly datasetId: DatasetId
  readonly landing: LandingReference
  /**
   * Of a dataset that was transformed as a whole: tells its parts from those of other attempts at that,
   * which need not have put the same rows into the same part.
   */
  readonly transformId?: string | undefined
  /** Of a dataset whose parts are those of another one, loaded again: where they lie. */
  readonly partsOf?: PartsReference | undefined
}

/** Names the parts of a dataset of the same pipeline and partition. */
export type PartsReference = Pick<RunReference, 'datasetId' | 'transformId'>

/** The object `definition.json` of a dataset: what its run was told to do, for ever. */
export interface PinnedRun {
  readonly definition: PipelineDefinition
  readonly interval: Interval
  /** RFC 3339; given by the client. */
  readonly requestedAt: string
  /** As of `LoadInput`. Absent in what earlier versions wrote. */
  readonly inOrder?: boolean | undefined
  /** Of incremental pipelines: how far the load before this one came. */
  readonly highWaterMark?: string | undefined
  /** Of `schema: evolve`: columns that the source has brought and nobody has declared. */
  readonly evolved?: readonly ColumnDefinition[] | undefined
  /** What a transform makes of the columns, and so what goes into the table. */
  readonly transformed?: readonly ColumnDefinition[] | undefined
  /** Where what the source sent lies. Absent in what earlier versions wrote. */
  readonly landing?: LandingReference | undefined
  /** The dataset whose landing has to have everything: the source is not asked. */
  readonly fromLandingOf?: DatasetId | undefined
  /** Of a run that makes or loads a dataset again. Absent in what earlier versions wrote. */
  readonly reprocessing?: Reprocessing | undefined
}
