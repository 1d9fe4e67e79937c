import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { blobGarbage } from '../../../activities/retention/blob-garbage.ts'
import { deleteGarbage, type SweepResult } from '../../../activities/retention/delete-garbage.ts'
import { markNamespace } from '../../../activities/retention/namespace-mark.ts'
import { parkPlan } from '../../../activities/retention/parked-plan.ts'
import { valueGarbage } from '../../../activities/retention/value-garbage.ts'
import type { ObjectStore } from '../../../codec/index.ts'
import { createRetentionHistories } from '../../../src/client/retention-histories.ts'
import type { SoakClock } from './soak-clock.ts'
import { timedHistories } from './timed-histories.ts'
import { timedStore } from './timed-store.ts'

export interface CollectPorts {
  readonly client: Client
  /** With the times of the machine. */
  readonly store: ObjectStore
  readonly clock: SoakClock
  readonly keptMs: number
  readonly graceMs: number
  readonly settleMs: number
}

export interface CollectRequest {
  /** Names the plan. */
  readonly id: string
  /** In the time of the soak. */
  readonly now: Date
  readonly signal: AbortSignal
}

const mostDeleted = 1_000_000

/** What `claimcheck gc --apply` does with blobs and values, in the time of the soak. */
export async function collectGarbage(
  { client, store, clock, keptMs, graceMs, settleMs }: CollectPorts,
  { id, now, signal }: CollectRequest,
): Promise<SweepResult> {
  const histories = timedHistories(createRetentionHistories(client), { clock, keptMs })
  const timed = timedStore(store, clock)
  const ports = { store: timed, histories, graceMs: clock.span(graceMs) }
  const sources = [blobGarbage(ports), valueGarbage(ports)]
  await markNamespace({ store, histories }, signal)
  // The plan itself has the machine's time, which is compared with that of the store.
  const { key: plan, summary } = await parkPlan({ store, sources }, { id, now, signal })
  if (summary.objects > 0) await delay(settleMs, undefined, { signal })
  return deleteGarbage({ store: timed, sources }, { plan, maxDelete: mostDeleted, now, signal })
}
