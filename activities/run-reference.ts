import type { DatasetId } from './load-target.ts'
import type { Interval, PipelineDefinition } from './pipeline-definition.ts'

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
}

/** The object `definition.json` of a dataset: what its run was told to do, for ever. */
export interface PinnedRun {
  readonly definition: PipelineDefinition
  readonly interval: Interval
  /** RFC 3339; given by the client. */
  readonly requestedAt: string
}
