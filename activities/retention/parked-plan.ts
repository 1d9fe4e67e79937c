import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { z } from 'zod'
import type { ObjectKey, ObjectStore } from '../../codec/index.ts'
import { resumedStream } from '../../codec/resumed-stream.ts'
import { PipelineError } from '../pipeline-error.ts'
import { GarbageTally, type GarbageSummary } from './garbage-summary.ts'
import {
  garbageKinds,
  type Garbage,
  type GarbageFinding,
  type GarbageRequest,
  type GarbageSource,
} from './garbage.ts'
import { planGarbage } from './plan-garbage.ts'
import { undecided } from './undecided.ts'

/** Where a plan lies and what it is in short. The audit of what is deleted by it lies beside it. */
export interface ParkedPlan {
  readonly key: ObjectKey
  readonly summary: GarbageSummary
}

export interface ParkPorts {
  readonly store: ObjectStore
  readonly sources: readonly GarbageSource[]
  /** Of this machine. @default () => new Date() */
  readonly clock?: () => Date
}

/** A machine whose clock is further from the store's cannot tell what is old. */
const mostClockErrorMs = 3_600_000

const planLine = z.union([
  z.object({
    garbage: z.object({
      kind: z.enum(garbageKinds),
      key: z.string().transform((key) => key as ObjectKey),
      sizeBytes: z.number(),
      lastModified: z.string().transform((text) => new Date(text)),
      uploadId: z.string().exactOptional(),
      reason: z.string(),
    }),
  }),
  z.object({ kept: z.object({ subject: z.string() }) }),
  z.object({ end: z.object({ objects: z.number() }) }),
])

/** `audit/{day}/{id}/plan.ndjson`. The id is of the caller, and safe as a segment of a key. */
export function planKey(now: Date, id: string): ObjectKey {
  return `audit/${now.toISOString().slice(0, 10)}/${id}/plan.ndjson` as ObjectKey
}

/**
 * Makes a plan and leaves it in the store, line after line: it may be larger than memory and than a
 * history. A plan that fails leaves nothing.
 *
 * @throws PipelineError GARBAGE_UNDECIDED
 */
export async function parkPlan(
  { store, sources, clock = () => new Date() }: ParkPorts,
  {
    id,
    onFinding = () => undefined,
    ...request
  }: GarbageRequest & { readonly id: string; readonly onFinding?: (objects: number) => void },
): Promise<ParkedPlan> {
  const { now, signal } = request
  const key = planKey(now, id)
  const tally = new GarbageTally()
  let failure: unknown
  async function* lines(): AsyncGenerator<string, void> {
    try {
      for await (const finding of planGarbage(sources, request)) {
        tally.add(finding)
        onFinding(tally.objects)
        yield lineOf(finding)
      }
      yield lineOf({ end: { objects: tally.objects } })
    } catch (error) {
      failure = error
      throw error
    }
  }
  const body = Readable.from(lines(), { objectMode: false })
  try {
    await store.putStream(key, body, { contentType: 'application/x-ndjson', signal })
  } catch (error) {
    throw failure ?? error
  }
  await requireClock(store, key, clock(), signal)
  return { key, summary: tally.summary() }
}

/**
 * The garbage of a parked plan, in its order.
 *
 * @throws PipelineError OBJECT_UNREADABLE where the plan is not whole
 */
export async function* readParkedPlan(
  store: ObjectStore,
  key: ObjectKey,
  signal: AbortSignal,
): AsyncGenerator<Garbage, void> {
  let objects = 0
  const input = resumedStream(store, key, { signal })
  try {
    for await (const text of createInterface({ input, crlfDelay: Infinity })) {
      const { data } = planLine.safeParse(JSON.parse(text))
      if (data === undefined) throw unreadable(store, key)
      if ('garbage' in data) {
        objects += 1
        yield data.garbage
      }
      if ('end' in data && data.end.objects === objects) return
    }
  } finally {
    input.destroy()
  }
  throw unreadable(store, key)
}

function lineOf(line: GarbageFinding | { readonly end: { readonly objects: number } }): string {
  return `${JSON.stringify(line)}\n`
}

function unreadable(store: ObjectStore, key: ObjectKey): PipelineError {
  return new PipelineError('OBJECT_UNREADABLE', 'a plan of what may be deleted is not whole', {
    at: { bucket: store.bucket, key },
    remedy: 'Make a new plan: `claimcheck gc`.',
  })
}

async function requireClock(
  store: ObjectStore,
  key: ObjectKey,
  here: Date,
  signal: AbortSignal,
): Promise<void> {
  const head = await store.head(key, { signal })
  if (head === undefined) throw undecided('The store does not show the plan that was just written')
  const errorMs = here.getTime() - head.lastModified.getTime()
  if (Math.abs(errorMs) <= mostClockErrorMs) return
  const seconds = Math.round(errorMs / 1000)
  throw undecided(`The clocks here and of the store are ${Math.abs(seconds)} s apart`)
}
