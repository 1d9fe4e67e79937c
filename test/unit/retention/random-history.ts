import assert from 'node:assert/strict'
import { PipelineError } from '../../../activities/index.ts'
import { blobGarbage } from '../../../activities/retention/blob-garbage.ts'
import { deleteGarbage } from '../../../activities/retention/delete-garbage.ts'
import { parkPlan } from '../../../activities/retention/parked-plan.ts'
import { retentionRule } from '../../../activities/retention/retention-rule.ts'
import { valueGarbage } from '../../../activities/retention/value-garbage.ts'
import { blobClaimsIn, parseBlobKey, type ObjectKey } from '../../../codec/index.ts'
import { randomNumbers } from '../../e2e/support/random-numbers.ts'
import { payloadsOf } from '../../support/run-histories.ts'
import { FailingStore } from './failing-store.ts'
import { ModelServer } from './model-server.ts'
import { ModelWriters } from './model-writers.ts'

const dayHours = 24
const graceMs = dayHours * 3_600_000

/** What happened in one random history. */
export interface LivedCounts {
  readonly deleted: number
  readonly collections: number
  /** Collections that broke off. */
  readonly refused: number
}

type Trouble = 'none' | 'server' | 'listing' | 'deleting'

/**
 * Writers live through some weeks, with collections of garbage in between and at the same time, some of
 * them in trouble. Fails where a claim that something holds is missing, where garbage is left that nothing
 * named, and where something went without a line of the audit.
 */
export async function liveRandomHistory(seed: number): Promise<LivedCounts> {
  const random = randomNumbers(seed)
  const server = new ModelServer(new Date('2026-11-04T12:00:00Z'))
  const store = new FailingStore({ clock: () => server.now })
  const writers = new ModelWriters(server, store, random)
  const counts = { deleted: 0, collections: 0, refused: 0 }

  const collect = async (trouble: Trouble, areBusy = true): Promise<void> => {
    counts.collections += 1
    server.isStopped = trouble === 'server' && random() < 0.3
    server.onCall = async () => {
      if (areBusy && random() < 0.3) await writers.act()
      server.passTime(random() / 60)
      if (trouble === 'server' && random() < 0.05) server.isStopped = true
    }
    if (trouble === 'listing') store.failListingAfter = Math.floor(random() * 40)
    if (trouble === 'deleting') store.failDeletingAfter = Math.floor(random() * 10)
    const before = new Set(await store.keys())
    try {
      const { now } = server
      const signal = new AbortController().signal
      const ports = { store, histories: server, graceMs }
      const sources = [blobGarbage(ports), valueGarbage(ports)]
      const clock = (): Date => server.now
      const id = `sweep-${counts.collections}`
      const plan = await parkPlan({ store, sources, clock }, { now, signal, id })
      const swept = await deleteGarbage(
        { store, sources, clock },
        { plan: plan.key, maxDelete: 10_000, now, signal },
      )
      counts.deleted += swept.deleted
      await requireAudited(before)
      if (trouble === 'none') await requireClean(now)
    } catch (error) {
      counts.refused += 1
      assert.ok(error instanceof PipelineError || store.hasFailed, String(error))
      if (trouble === 'none') throw error
      await requireAudited(before)
    } finally {
      server.isStopped = false
      server.onCall = async () => undefined
      store.recover()
    }
  }

  /** Each object that has gone has a line that says so, written before it went. */
  const requireAudited = async (before: ReadonlySet<ObjectKey>): Promise<void> => {
    const left = new Set(await store.keys())
    const gone = [...before].filter((key) => !left.has(key))
    const lines = await store.linesOf('-deleting.ndjson')
    for (const key of gone) assert.ok(lines.has(key), `${key} was deleted without a line`)
  }

  /** Of what is old all that is left is named. */
  const requireClean = async (now: Date): Promise<void> => {
    const rule = retentionRule(now, { retentionMs: server.retention, graceMs })
    const named = new Set(held().map(({ key }) => key))
    for await (const { key, lastModified } of store.list('blobs/')) {
      const { generation } = parseBlobKey(key) ?? {}
      if (generation === undefined || !rule.isOld(generation)) continue
      if (!rule.isOldObject(lastModified) || named.has(key)) continue
      // Whoever named it has gone while the collection went on.
      if (!goneSince.has(key)) assert.fail(`${key} is left`)
    }
  }
  const goneSince = new Set<string>()

  const held = () =>
    [...server.messages(), ...writers.underWay.values()].flatMap((message) => blobClaimsIn(message))

  const requireWhole = async (): Promise<void> => {
    for (const { key } of held()) assert.ok(await store.head(key), `${key} is missing`)
    for (const { run, key } of writers.values) {
      if (!server.runsById.has(run.runId)) continue
      assert.ok(await store.head(key as ObjectKey), `${key} is missing`)
    }
  }

  const troubles = ['none', 'none', 'server', 'listing', 'deleting'] as const
  for (let step = 0; step < 120; step += 1) {
    await writers.act()
    const what = random()
    if (what < 0.25) {
      writers.arrive()
      server.passTime(random() * 3 * dayHours)
    } else if (what < 0.4) {
      for (const { key } of held()) goneSince.add(key)
      await collect(troubles[Math.floor(random() * troubles.length)] ?? 'none')
      await requireWhole()
    }
  }
  // Every byte is there and can be decrypted.
  await writers.codec.decode([...server.messages()].flatMap((message) => payloadsOf(message)))
  writers.stop()
  // The rest of the week, what the server keeps, the grace, and the margin.
  server.passTime((7 + 1 + 1 + 1) * dayHours + 1)
  await collect('none', false)
  for (const prefix of ['blobs/', 'values/']) {
    const left = await Array.fromAsync(store.list(prefix), ({ key }) => key)
    assert.deepEqual(left, [], `${prefix} after all is over`)
  }
  return counts
}
