import type { DatasetId } from './load-target.ts'
import type { Interval, PipelineDefinition, UpstreamDefinition } from './pipeline-definition.ts'

/** What a load is told when it begins. */
export interface LoadInput {
  readonly definition: PipelineDefinition
  readonly partition: string
  readonly interval: Interval
  /** RFC 3339; the client's clock, since a workflow has none of its own. */
  readonly requestedAt: string
  /** Fetch everything again, even what an unpublished run of this partition has landed. */
  readonly refetch: boolean
  /** The dataset whose landing is parsed again; then the source is not asked. */
  readonly fromLandingOf?: DatasetId | undefined
  /** Of a run that makes or loads a dataset again, and for as long as that goes on. */
  readonly reprocessing?: Reprocessing | undefined
  /**
   * Whether nobody has asked for just this slice: then it must not take the place of what a later one
   * brought. @default false
   */
  readonly inOrder?: boolean | undefined
  /** What has to come before it begins. @default nothing */
  readonly waitsFor?: LoadConditions | undefined
  /** The pipelines that come after this one, and after these: all that are told of its end, in the end. */
  readonly downstream?: readonly PipelineDefinition[] | undefined
  /** Ids of the graphs that are told of its end. */
  readonly graphs?: readonly string[] | undefined
}

/** What is done again, and how much of it. */
export interface Reprocessing {
  /** The dataset that this is about: it stays as it is, and another one comes of it. */
  readonly datasetId: DatasetId
  /** Whether its landing is converted anew, or its sealed parts are loaded as they are. */
  readonly from: 'landing' | 'parts'
  /** Whether the target is another one than that of the pipeline file. @default false */
  readonly elsewhere?: boolean | undefined
  /** Whether nothing is to be loaded: the run then says what a load would change. @default false */
  readonly plan?: boolean | undefined
}

export interface LoadConditions {
  readonly upstreams: readonly UpstreamDefinition[]
  /** Whether its own schedule has to fire. */
  readonly schedule: boolean
  /** How long that is waited for. @default for ever */
  readonly scheduleTimeoutMs?: number | undefined
}

/** How a load ended, for whoever waits for it. */
export interface UpstreamLoaded {
  readonly pipeline: string
  readonly partition: string
  readonly outcome: 'loaded' | 'failed' | 'skipped'
}

/** Signals of a load that waits. */
export type LoadSignal =
  | { readonly name: 'upstreamLoaded'; readonly loaded: UpstreamLoaded }
  /** Its time has come; with `force` it waits for nothing any more. */
  | { readonly name: 'fire'; readonly force: boolean }
