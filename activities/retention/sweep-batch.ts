import { ConcurrencyLimit } from '../../codec/concurrency-limit.ts'
import type { ObjectKey, UnfinishedUploads } from '../../codec/index.ts'
import { readAudit, writeAudit, type AuditLine, type AuditPorts } from './audit.ts'
import { garbageIdentity } from './garbage-identity.ts'
import type { Garbage, GarbageSource } from './garbage.ts'
import { NameSet } from './name-set.ts'

export interface SweepPorts extends AuditPorts {
  readonly uploads?: UnfinishedUploads | undefined
  readonly sources: readonly GarbageSource[]
  /** How long after the plan the second look is. @default 0 */
  readonly settleMs?: number
  /** @default abortablePause */
  readonly pause?: (waitMs: number, signal: AbortSignal) => Promise<void>
}

export interface SweptBatch {
  readonly plan: ObjectKey
  /** Counts from 1; the same objects have the same number whenever the plan is gone through. */
  readonly number: number
  readonly batch: readonly Garbage[]
  /** By `garbageIdentity`. */
  readonly stillGarbage: NameSet
  readonly signal: AbortSignal
}

export interface BatchOutcome {
  readonly deleted: number
  readonly deletedBytes: number
  readonly gone: number
  readonly kept: number
}

const headsAtOnce = 16

/**
 * Deletes the objects of a batch that are as the plan knows them. The audit has three objects a batch:
 * `-deleting` is there before anything is deleted, `-deleted` when all of it is, and `-failed` says how far
 * it came where it failed.
 */
export async function sweepBatch(
  ports: SweepPorts,
  { plan, number, batch, stillGarbage, signal }: SweptBatch,
): Promise<BatchOutcome> {
  const { store } = ports
  const at = (suffix: string): ObjectKey =>
    `${plan.slice(0, plan.lastIndexOf('/'))}/${String(number).padStart(5, '0')}-${suffix}.ndjson` as ObjectKey
  const done = await readAudit(store, at('deleted'), signal)
  if (done !== undefined) return outcomeOf(batch, done, new Set())
  const begun = (await readAudit(store, at('deleting'), signal)) ?? []
  const states = await statesOf(ports, batch, stillGarbage, signal)
  const isDue = (garbage: Garbage): boolean =>
    states.get(garbage) === 'there' && stillGarbage.has(garbageIdentity(garbage))
  const due = new Set(batch.filter(isDue))
  const begunKeys = new Set(begun.map(({ key }) => key))
  const isBegun = ({ key }: Garbage): boolean => begunKeys.has(key)
  const intents = batch.filter((garbage) => isBegun(garbage) || due.has(garbage))
  // What an attempt before this one was about to delete, and is not there, it has deleted.
  const dueOrDone = intents.filter(
    (garbage) => due.has(garbage) || states.get(garbage) === 'absent',
  )
  if (intents.length > 0) {
    await writeAudit(ports, at('deleting'), intents, 'deleting', signal)
    try {
      await deleteThem(ports, [...due], signal)
    } catch (error) {
      await tellFailure(ports, at('failed'), intents)
      throw error
    }
  }
  const lines = await writeAudit(ports, at('deleted'), dueOrDone, 'deleted', signal)
  return outcomeOf(batch, lines, new Set(batch.filter((each) => states.get(each) === 'absent')))
}

type State = 'there' | 'absent' | 'another'

/** Whether each object is the one that was judged. */
async function statesOf(
  { store }: SweepPorts,
  batch: readonly Garbage[],
  stillGarbage: NameSet,
  signal: AbortSignal,
): Promise<Map<Garbage, State>> {
  const limit = new ConcurrencyLimit(headsAtOnce)
  const states = await Promise.all(
    batch.map((garbage) =>
      limit.run(async (): Promise<[Garbage, State]> => {
        // An upload is what its id says, and the fresh look has seen it or not.
        if (garbage.kind === 'multipart') {
          return [garbage, stillGarbage.has(garbageIdentity(garbage)) ? 'there' : 'absent']
        }
        const head = await store.head(garbage.key, { signal })
        if (head === undefined) return [garbage, 'absent']
        return [garbage, isSame(head, garbage) ? 'there' : 'another']
      }),
    ),
  )
  return new Map(states)
}

/** Answers about one object have times to the second, listings finer ones. */
function isSame(
  head: { readonly sizeBytes: number; readonly lastModified: Date },
  garbage: Garbage,
): boolean {
  const seconds = (time: Date): number => Math.floor(time.getTime() / 1000)
  return (
    head.sizeBytes === garbage.sizeBytes &&
    seconds(head.lastModified) === seconds(garbage.lastModified)
  )
}

async function deleteThem(
  { store, uploads }: SweepPorts,
  due: readonly Garbage[],
  signal: AbortSignal,
): Promise<void> {
  const objects = due.filter(({ kind }) => kind !== 'multipart')
  if (objects.length > 0) {
    await store.delete(
      objects.map(({ key }) => key),
      { signal },
    )
  }
  for (const { key, uploadId } of due) {
    if (uploadId !== undefined) await uploads?.abort({ key, uploadId }, { signal })
  }
}

/** How far a batch came, as far as the store still answers; it is the failure itself that is told. */
async function tellFailure(
  ports: SweepPorts,
  key: ObjectKey,
  intents: readonly Garbage[],
): Promise<void> {
  // Not under the signal, which may be why we are here.
  const { signal } = new AbortController()
  try {
    const states = await statesOf(ports, intents, new NameSet(), signal)
    const stateOf = (garbage: Garbage): AuditLine['state'] => {
      if (garbage.kind === 'multipart') return 'unknown'
      return states.get(garbage) === 'absent' ? 'deleted' : 'not deleted'
    }
    await writeAudit(ports, key, intents, stateOf, signal)
  } catch {
    // Then `-deleting` stands alone, which says that it is not known how far it came.
  }
}

function outcomeOf(
  batch: readonly Garbage[],
  deleted: readonly AuditLine[],
  absent: ReadonlySet<Garbage>,
): BatchOutcome {
  const keys = new Set(deleted.map(({ key }) => key))
  const gone = [...absent].filter(({ key }) => !keys.has(key)).length
  return {
    deleted: deleted.length,
    deletedBytes: deleted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    gone,
    kept: batch.length - deleted.length - gone,
  }
}
