import type { ActivityPorts, Attempt } from '../activity-ports.ts'
import type { LoadInput } from '../load-input.ts'
import type { LoadOutcomes } from '../load-starter.ts'
import type { PipelineDefinition } from '../pipeline-definition.ts'
import { upstreamsFirst } from './upstreams-first.ts'

export interface StartLoadsInput {
  /** Id of the graph's workflow, which each load tells of its end. */
  readonly graph: string
  /** All of one partition. */
  readonly partition: string
  readonly loads: readonly LoadInput[]
  /** The pipelines that come after any of them, in the graph or not. */
  readonly downstream: readonly PipelineDefinition[]
}

/**
 * Starts every load of a graph, each to wait for those of its upstreams that are part of it; upstreams
 * first, so that none takes an earlier run of another for the one that is about to begin. What runs
 * already is told that its time has come. Answers those that were loaded before.
 */
export async function startLoads(
  { starter }: Pick<ActivityPorts, 'starter'>,
  { graph, partition, loads, downstream }: StartLoadsInput,
  { signal }: Attempt,
): Promise<LoadOutcomes> {
  const inGraph = new Set(loads.map(({ definition }) => definition.name))
  const before: string[] = []
  for (const load of upstreamsFirst(loads)) {
    signal.throwIfAborted()
    const { name, after = [] } = load.definition
    const upstreams = after.filter(({ pipeline }) => inGraph.has(pipeline))
    const outcome = await starter.signalLoad(
      { ...load, waitsFor: { upstreams, schedule: false }, downstream, graphs: [graph] },
      { name: 'fire', force: false },
    )
    if (outcome === 'loaded-already') before.push(name)
  }
  return starter.loadOutcomes(before, partition)
}
