import type { ObjectKey } from '../../codec/index.ts'
import type { Attempt } from '../activity-ports.ts'
import type { GarbageKind, GarbageSource } from './garbage.ts'
import type { SweepPorts } from './sweep-batch.ts'
import { parkPlan } from './parked-plan.ts'

/** What is looked at, and how much longer than needed it is kept. */
export interface GarbageScope {
  /** Not set: all. */
  readonly kinds?: readonly GarbageKind[] | undefined
  readonly graceMs: number
}

/** What the activities of the `retention` workflow need from outside. */
export interface GarbagePorts extends Pick<SweepPorts, 'store' | 'uploads' | 'settleMs'> {
  readonly garbageSources: (scope: GarbageScope) => readonly GarbageSource[]
}

export interface LookForGarbageInput extends GarbageScope {
  /** Names the plan; safe as a segment of a key. */
  readonly id: string
}

/** A plan in the store. */
export interface FoundGarbage {
  readonly plan: ObjectKey
  readonly objects: number
  readonly sizeBytes: number
}

/** Makes a plan of what may be deleted, and leaves it in the store. */
export async function lookForGarbage(
  { store, garbageSources }: Pick<GarbagePorts, 'store' | 'garbageSources'>,
  { id, ...scope }: LookForGarbageInput,
  { signal }: Attempt,
): Promise<FoundGarbage> {
  const ports = { store, sources: garbageSources(scope) }
  const { key, summary } = await parkPlan(ports, { id, now: new Date(), signal })
  return { plan: key, objects: summary.objects, sizeBytes: summary.sizeBytes }
}
