import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PipelineError, type GarbageSource } from '../../../activities/index.ts'
import { blobGarbage } from '../../../activities/retention/blob-garbage.ts'
import { datasetGarbage } from '../../../activities/retention/dataset-garbage.ts'
import { deleteGarbage } from '../../../activities/retention/delete-garbage.ts'
import { multipartGarbage } from '../../../activities/retention/multipart-garbage.ts'
import { markNamespace } from '../../../activities/retention/namespace-mark.ts'
import { parkPlan } from '../../../activities/retention/parked-plan.ts'
import { valueGarbage } from '../../../activities/retention/value-garbage.ts'
import { blobKey, generationOf, type Digest, type ObjectKey } from '../../../codec/index.ts'
import { RunError } from '../../../src/client/run-error.ts'
import { payloadOf } from '../codec/codec-samples.ts'
import { FailingStore } from './failing-store.ts'
import { ModelServer } from './model-server.ts'

const dayMs = 86_400_000
const now = new Date()
const written = new Date(now.getTime() - 60 * dayMs)
const small = payloadOf(Buffer.from('"small"'))
const { signal } = new AbortController()
const perKind = 3

/** A store with garbage of each kind, and all that is asked before it goes. */
async function openBed() {
  let time = written
  const store = new FailingStore({ clock: () => time })
  const server = new ModelServer(now)
  const put = (key: string): Promise<void> =>
    store.put(key as ObjectKey, Buffer.from('x'), { contentType: 'text/plain' })
  for (let number = 0; number < perKind; number += 1) {
    const digest = String(number).repeat(64) as Digest
    await put(blobKey({ namespace: 'default', generation: generationOf(written), digest }))
    await put(`values/default/gone/run-${number}/a`)
    await put(`datasets/flights/2001/00000000-0000-4000-8000-00000000000${number}/part-0.parquet`)
  }
  time = now
  const state = { areUploadsCut: false }
  const uploads = {
    async *list() {
      for (let number = 0; number < perKind; number += 1) {
        if (state.areUploadsCut && number === 1) throw new Error('503')
        yield { key: 'values/a' as ObjectKey, uploadId: String(number), begunAt: written }
      }
    },
    abort: async () => assert.fail('an upload was aborted'),
    close() {},
  }
  const ports = { store, histories: server, graceMs: dayMs }
  const sources: Record<string, GarbageSource> = {
    blobs: blobGarbage(ports),
    values: valueGarbage(ports),
    datasets: datasetGarbage({
      store,
      runs: { partitionUse: async () => ({ kind: 'ended', endedAt: undefined }) },
      loads: { findLoads: async () => [] },
    }),
    uploads: multipartGarbage(uploads),
  }
  const before = await store.keys()
  const plan = (only = Object.values(sources)) =>
    parkPlan({ store, sources: only }, { id: 'plan', now, signal })
  return { store, server, sources, uploads, state, before, plan }
}

async function requireUndecided(work: Promise<unknown>, why: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof PipelineError)
    assert.equal(error.code, 'GARBAGE_UNDECIDED')
    assert.match(error.message, why)
    assert.match(error.message, /; nothing is deleted(?: \[|$)/)
    return true
  })
}

describe('of what is not known nothing is garbage', () => {
  for (const name of ['blobs', 'values', 'datasets', 'uploads']) {
    test(`where the listing of ${name} breaks off`, async () => {
      const { store, sources, state, before, plan } = await openBed()
      const [source] = [sources[name]].flatMap((each) => each ?? [])
      assert.ok(source)
      if (name === 'uploads') state.areUploadsCut = true
      else store.failListingAfter = perKind - 1
      await requireUndecided(plan([source]), /STORE_UNREACHABLE|503/)
      assert.deepEqual(await store.keys(), before, 'not even a plan is left')
    })
  }

  /** What comes between a plan and the fresh look at it, and how that is told. */
  const meanwhile: Readonly<Record<string, (bed: Awaited<ReturnType<typeof openBed>>) => RegExp>> =
    {
      'Temporal is stopped'({ server }) {
        server.isStopped = true
        return /UNAVAILABLE/
      },
      'Temporal is stopped in the middle of its answers'({ server }) {
        let questions = 0
        server.onCall = async () => {
          questions += 1
          server.isStopped = questions > 3
        }
        return /UNAVAILABLE/
      },
      'Temporal lists a part of the runs'({ server }) {
        server.runs = async function* () {
          yield { workflowId: 'one', runId: 'of many', startedAt: now }
          throw new RunError('LISTING_CUT_SHORT', 'a page is missing', { remedy: 'Ask again.' })
        }
        return /LISTING_CUT_SHORT/
      },
      'a history is not whole'({ server }) {
        server.now = written
        const run = { workflowId: 'cut', input: small, memo: small, repeats: 'never' } as const
        const { events } = server.begin({ ...run, parent: undefined })
        server.now = now
        server.events = async function* () {
          yield* events
          throw new RunError('LISTING_CUT_SHORT', 'no event 2', { remedy: 'Ask again.' })
        }
        return /LISTING_CUT_SHORT/
      },
      'a claim of a later version is noted'({ server }) {
        const input = payloadOf(Buffer.from('{}'), 'json/claimcheck-v9')
        server.begin({
          workflowId: 'later',
          input,
          memo: small,
          repeats: 'never',
          parent: undefined,
        })
        return /CLAIM_VERSION_UNKNOWN/
      },
      'the bucket turns out to be of another server'({ server }) {
        server.namespaceId = async () => 'another'
        return /belongs to another server/
      },
      'the store breaks off a listing'({ store }) {
        store.failListingAfter = perKind + 1
        return /STORE_UNREACHABLE/
      },
      'uploads are listed in part'({ state }) {
        state.areUploadsCut = true
        return /503/
      },
    }
  for (const [what, happen] of Object.entries(meanwhile)) {
    test(`where ${what} after the plan was approved`, async () => {
      const bed = await openBed()
      const { store, sources, uploads, before, plan } = bed
      await markNamespace({ store, histories: bed.server }, signal)
      const { key, summary } = await plan()
      assert.equal(summary.objects, 3 * perKind, 'blobs, values and uploads')
      const why = happen(bed)
      const ports = { store, uploads, sources: Object.values(sources) }
      const swept = deleteGarbage(ports, { plan: key, maxDelete: 100, now, signal })
      await requireUndecided(swept, why)
      store.recover()
      const left = new Set(await store.keys())
      assert.deepEqual(
        before.filter((each) => !left.has(each)),
        [],
      )
    })
  }
})
