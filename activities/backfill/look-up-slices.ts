import type { Attempt } from '../activity-ports.ts'
import type { BackfillPorts, EndedLoad } from './slice-loads.ts'

export interface LookUpSlicesInput {
  readonly pipeline: string
  readonly partitions: readonly string[]
}

/** How the latest loads of these partitions ended, of those that have. */
export function lookUpSlices(
  { sliceLoads }: BackfillPorts,
  { pipeline, partitions }: LookUpSlicesInput,
  { signal }: Attempt,
): Promise<readonly EndedLoad[]> {
  signal.throwIfAborted()
  return sliceLoads.ended(pipeline, partitions)
}
