import type { LoadInput, UpstreamLoaded } from '../load-input.ts'

/** How the latest load of a partition ended. */
export interface EndedLoad {
  readonly partition: string
  readonly outcome: UpstreamLoaded['outcome']
  /** What it failed with; how it was ended, where that was not by itself. */
  readonly code?: string | undefined
}

/** What a backfill asks of Temporal: the loads of a pipeline's partitions, by their static ids. */
export interface SliceLoads {
  /**
   * Starts the load, whether or not the partition was loaded before; one that runs already is told that
   * its time has come, and goes on as it was asked for.
   *
   * @param since One that was begun since then and has ended is the one that is asked for.
   */
  begin(input: LoadInput, since?: Date): Promise<'started' | 'joined'>
  /** How the latest loads of these partitions ended, of those that have. */
  ended(pipeline: string, partitions: readonly string[]): Promise<readonly EndedLoad[]>
}

export interface BackfillPorts {
  readonly sliceLoads: SliceLoads
}
