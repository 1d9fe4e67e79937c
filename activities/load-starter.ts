import type { LoadInput, LoadSignal, UpstreamLoaded } from './load-input.ts'

/** How loads ended, by pipeline; one that runs, or never did, is not there. */
export type LoadOutcomes = Readonly<Record<string, UpstreamLoaded['outcome']>>

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
  /** Which of the partitions of a pipeline are being loaded, or wait to be. */
  runningPartitions(pipeline: string, partitions: readonly string[]): Promise<ReadonlySet<string>>
}
