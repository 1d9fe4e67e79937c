import type { ActivityPorts, Attempt } from '../activity-ports.ts'
import type { LoadOutcomes } from '../load-starter.ts'

export interface LookUpLoadsInput {
  readonly pipelines: readonly string[]
  readonly partition: string
}

/** How the latest loads of these pipelines ended, of those that have. */
export function lookUpLoads(
  { starter }: Pick<ActivityPorts, 'starter'>,
  { pipelines, partition }: LookUpLoadsInput,
  { signal }: Attempt,
): Promise<LoadOutcomes> {
  signal.throwIfAborted()
  return starter.loadOutcomes(pipelines, partition)
}
