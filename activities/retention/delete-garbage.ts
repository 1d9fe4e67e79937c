import { abortablePause } from '../../codec/abortable-pause.ts'
import type { ObjectKey, ObjectStore } from '../../codec/index.ts'
import { PipelineError } from '../pipeline-error.ts'
import type { Garbage, GarbageRequest } from './garbage.ts'
import { readParkedPlan } from './parked-plan.ts'
import { planGarbage } from './plan-garbage.ts'
import { garbageIdentity } from './garbage-identity.ts'
import { NameSet } from './name-set.ts'
import { sweepBatch, type BatchOutcome, type SweepPorts } from './sweep-batch.ts'
import { decided } from './undecided.ts'

export interface SweepRequest extends GarbageRequest {
  /** Of a plan that `parkPlan` has left. */
  readonly plan: ObjectKey
  /** More are refused, and then nothing is deleted. */
  readonly maxDelete: number
  readonly onProgress?: ((result: SweepResult) => void) | undefined
}

/** Objects of the plan, by what became of them. */
export interface SweepResult {
  readonly planned: number
  readonly deleted: number
  readonly deletedBytes: number
  /** Were deleted by somebody else meanwhile. */
  readonly gone: number
  /** Were written since, or are needed again. */
  readonly kept: number
}

const batchObjects = 500

/**
 * Temporal lists runs some moments after they have begun. What began unseen during the one look is seen by
 * the other, and what it has copied from was there during the first one, if not during the second.
 */
export const visibilityMs = 10_000

/**
 * Deletes what the plan says, as far as a fresh look says the same. Before an object is deleted it is
 * compared with the plan, and a line of the audit says what is about to happen; after it another one says
 * what has. Done again after a failure it goes on where it was.
 *
 * @throws PipelineError GARBAGE_LIMIT_EXCEEDED, GARBAGE_UNDECIDED, OBJECT_UNREADABLE
 */
export async function deleteGarbage(
  ports: SweepPorts,
  { plan, maxDelete, onProgress = () => undefined, ...request }: SweepRequest,
): Promise<SweepResult> {
  const { store } = ports
  const { signal } = request
  const planned = await countPlanned(store, plan, signal)
  // Of a limit that is no number too, as of a workflow that somebody has started by hand.
  if (!(planned <= maxDelete)) throw tooMuch(planned, maxDelete)
  let result: SweepResult = { planned, deleted: 0, deletedBytes: 0, gone: 0, kept: 0 }
  if (planned === 0) return result
  await settle(ports, plan, signal)
  const stillGarbage = await lookAgain(ports, request)
  const sweep = async (number: number, batch: readonly Garbage[]): Promise<void> => {
    const outcome = await sweepBatch(ports, { plan, number, batch, stillGarbage, signal })
    result = added(result, outcome)
    onProgress(result)
  }
  let number = 1
  let batch: Garbage[] = []
  for await (const garbage of readParkedPlan(store, plan, signal)) {
    batch.push(garbage)
    if (batch.length < batchObjects) continue
    await sweep(number, batch)
    number += 1
    batch = []
  }
  if (batch.length > 0) await sweep(number, batch)
  return result
}

async function settle(
  { store, settleMs = 0, pause = abortablePause }: SweepPorts,
  plan: ObjectKey,
  signal: AbortSignal,
): Promise<void> {
  if (settleMs === 0) return
  const { lastModified } = (await store.head(plan, { signal })) ?? {}
  const ageMs = lastModified === undefined ? 0 : Math.max(0, Date.now() - lastModified.getTime())
  if (ageMs < settleMs) await pause(settleMs - ageMs, signal)
}

async function countPlanned(
  store: ObjectStore,
  plan: ObjectKey,
  signal: AbortSignal,
): Promise<number> {
  let planned = 0
  for await (const _ of readParkedPlan(store, plan, signal)) planned += 1
  return planned
}

/** Much may have happened since the plan: what was approved and is needed again stays. */
function lookAgain({ sources }: SweepPorts, request: GarbageRequest): Promise<NameSet> {
  return decided('It cannot be told what is garbage still', request.signal, async () => {
    const found = new NameSet()
    for await (const finding of planGarbage(sources, request)) {
      if ('garbage' in finding) found.add(garbageIdentity(finding.garbage))
    }
    return found
  })
}

function added(result: SweepResult, outcome: BatchOutcome): SweepResult {
  return {
    planned: result.planned,
    deleted: result.deleted + outcome.deleted,
    deletedBytes: result.deletedBytes + outcome.deletedBytes,
    gone: result.gone + outcome.gone,
    kept: result.kept + outcome.kept,
  }
}

function tooMuch(planned: number, maxDelete: number): PipelineError {
  return new PipelineError(
    'GARBAGE_LIMIT_EXCEEDED',
    `${planned} objects are garbage, and at most ${maxDelete} may be deleted; nothing is deleted`,
    { remedy: 'Look at the plan; if it is right, give a higher --max-delete.' },
  )
}
