import { log } from '@temporalio/activity'
import type { ObjectKey } from '../../codec/index.ts'
import type { Attempt } from '../activity-ports.ts'
import type { AuditLine } from './audit.ts'
import { deleteGarbage, visibilityMs, type SweepResult } from './delete-garbage.ts'
import type { GarbagePorts, GarbageScope } from './look-for-garbage.ts'

export interface SweepGarbageInput extends GarbageScope {
  readonly plan: ObjectKey
  readonly maxDelete: number
}

/** Deletes what a plan says and a fresh look confirms; goes on where an attempt before it has failed. */
export async function sweepGarbage(
  { garbageSources, settleMs = visibilityMs, ...ports }: GarbagePorts,
  { plan, maxDelete, ...scope }: SweepGarbageInput,
  { signal }: Attempt,
): Promise<SweepResult> {
  const sources = garbageSources(scope)
  const onAudit = ({ state, kind, key }: AuditLine): void => log.info(`${state}: ${kind} ${key}`)
  return deleteGarbage(
    { ...ports, settleMs, sources, onAudit },
    { plan, maxDelete, now: new Date(), signal },
  )
}
