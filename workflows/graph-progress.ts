import { defineQuery } from '@temporalio/workflow'
import type { LoadInput, UpstreamLoaded } from '../activities/load-input.ts'

export type GraphOutcomes = Readonly<Record<string, UpstreamLoaded['outcome']>>

/** `waiting` is for others of the graph that have to be loaded first. */
export type GraphLoadState = 'waiting' | 'running' | UpstreamLoaded['outcome']

/** What the `progress` query of a graph answers. */
export interface GraphProgress {
  readonly partition: string
  /** By pipeline. */
  readonly loads: Readonly<Record<string, GraphLoadState>>
}

/** What a graph that has ended answers. */
export interface GraphResult extends GraphProgress {
  readonly loaded: number
  readonly skipped: number
}

export const graphProgressQuery = defineQuery<GraphProgress>('progress')

/** How each load of the graph stands, by what was heard of those that have ended. */
export function graphLoads(
  loads: readonly LoadInput[],
  outcomes: GraphOutcomes,
): Readonly<Record<string, GraphLoadState>> {
  const inGraph = new Set(loads.map(({ definition }) => definition.name))
  const states = loads.map(({ definition: { name, after = [] } }) => {
    const isHeldUp = after.some(
      ({ pipeline }) => inGraph.has(pipeline) && outcomes[pipeline] !== 'loaded',
    )
    return [name, outcomes[name] ?? (isHeldUp ? 'waiting' : 'running')] as const
  })
  return Object.fromEntries(states)
}
