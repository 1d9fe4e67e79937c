import type { LoadInput, LoadSignal, UpstreamLoaded } from './load-input.ts'

/** How loads ended, by pipeline; one that runs, or never did, is not there. */
export type LoadOutcomes = Readonly<Record<string, UpstreamLoaded['outcome']>>

/** A workflow and all runs that it continues as new, told from others of its id by their first one. */
export interface RunChain {
  readonly workflowId: string
  readonly firstRunId: string
}

/** How a workflow ended; `lost` where it could not tell, and `gone` where nothing is known of it. */
export type RunEnd =
  | { readonly kind: 'completed'; readonly result: unknown }
  | ({ readonly kind: 'failed' } & EndFailure)
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'lost'; readonly how: 'terminated' | 'timed out' | 'gone' }

/** What is told of a failure: the code it was given where it happened, and what to do. */
export interface EndFailure {
  readonly code: string
  readonly message: string
  readonly remedy: string
}

/** What activities ask of Temporal: loads have static ids, so whoever knows one can reach it. */
export interface LoadStarter {
  /**
   * Signals the load of the input's pipeline and partition, and starts it where none runs. One that has
   * loaded the partition already is not started again; one that was skipped is.
   */
  signalLoad(input: LoadInput, signal: LoadSignal): Promise<'signalled' | 'loaded-already'>
  /** Tells a graph; one that has ended is past hearing. */
  signalGraph(workflowId: string, loaded: UpstreamLoaded): Promise<void>
  /** How the latest load of the partition of each pipeline ended, as long as Temporal keeps that. */
  loadOutcomes(pipelines: readonly string[], partition: string): Promise<LoadOutcomes>
  /** Whether Temporal has any run of the load of the partition, however that ended. */
  isKnown(pipeline: string, partition: string): Promise<boolean>
  /** Which of the partitions of a pipeline are being loaded, or wait to be. */
  runningPartitions(pipeline: string, partitions: readonly string[]): Promise<ReadonlySet<string>>
  /** How the workflow ended; undefined of one that still runs. */
  runEnd(chain: RunChain): Promise<RunEnd | undefined>
}
