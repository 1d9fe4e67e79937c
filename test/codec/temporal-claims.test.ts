import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { claimArguments, createClaims, type ObjectKey } from '../../codec/index.ts'
import { eventually, taskFailures } from './run-observations.ts'
import { StoreProxy } from './store-proxy.ts'
import { TemporalBed } from './temporal-bed.ts'
import { blocks, createClaimActivities, sha256 } from './temporal-claim-activities.ts'
import { carryStreams, endRelaySignal, isRelayedQuery, relay } from './temporal-workflows.ts'

const MIB = 1024 * 1024
const shortlySticky = { stickyQueueScheduleToStartTimeout: '1 second' }

describe('claim values on a real Temporal server', () => {
  let bed: TemporalBed
  before(async () => {
    bed = await TemporalBed.open()
  })
  after(async () => bed.close())

  it('go from activity to activity; the workflow reads none of them, not at a replay either', async () => {
    const taskQueue = `claims-${randomUUID()}`
    const [codecSide, claimSide] = await Promise.all([StoreProxy.open(), StoreProxy.open()])
    try {
      const codec = { namespace: taskQueue, store: codecSide.store }
      const claims = createClaims({ namespace: taskQueue, store: claimSide.store })
      const openWorker = async () =>
        bed.worker(taskQueue, createClaimActivities(claims, runs), codec, {
          ...shortlySticky,
          interceptors: claimArguments(claims),
        })
      const runs = { parkFunction: 0 }
      const rows = 100_000
      const sizeBytes = 12 * MIB + 5
      const client = bed.client(codec)
      const first = await openWorker()
      const handle = await first.runUntil(async () => {
        const started = await client.workflow.start(relay, {
          taskQueue,
          workflowId: taskQueue,
          args: [rows, sizeBytes],
        })
        await eventually(async () => (await started.query(isRelayedQuery)) || undefined)
        return started
      })
      const second = await openWorker()
      const found = await second.runUntil(async () => {
        await handle.signal(endRelaySignal)
        return handle.result()
      })
      const sum = (rows * (rows - 1)) / 2
      const { claims: given, ...rest } = found
      assert.deepEqual(rest, {
        again: true,
        fetched: sum,
        asArgument: sum,
        asMember: 2 * sum,
        stream: await sha256(blocks(sizeBytes)),
        unsupported: 'VALUE_UNSUPPORTED',
      })
      assert.equal(runs.parkFunction, 1)
      assert.deepEqual(
        given.map(({ encoding }) => encoding),
        ['json/rows', 'binary/stream'],
      )
      assert.equal(given[1]?.sizeBytes, sizeBytes)

      const history = await handle.fetchHistory()
      assert.deepEqual(taskFailures(history), [])
      await bed.replay(history, codec)
      // Three reads of the rows and one of the stream, all of them by activities.
      assert.equal(claimSide.requests('GET', '/values/').length, 4)
      assert.deepEqual([...codecSide.requests('GET'), ...codecSide.requests('PUT')], [])

      // The attempt that broke off left nothing, the rows parked twice are one object.
      const keys: ObjectKey[] = []
      for await (const { key } of bed.store.list(`values/${taskQueue}/`)) keys.push(key)
      assert.deepEqual(keys.toSorted(), given.map(({ key }) => key).toSorted())
    } finally {
      await Promise.all([codecSide.close(), claimSide.close()])
    }
  })

  it('carry a gibibyte at flat memory, byte for byte', async (context) => {
    const taskQueue = `claims-${randomUUID()}`
    const script = fileURLToPath(import.meta.resolve('./stream-worker-process.ts'))
    const child = spawn(process.execPath, [script, `${taskQueue}-streams`], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const gone = once(child, 'exit')
    try {
      const worker = await bed.worker(taskQueue, {})
      const result = bed.client().workflow.execute(carryStreams, {
        taskQueue,
        workflowId: taskQueue,
        args: [`${taskQueue}-streams`, [64 * MIB, 1024 * MIB]],
      })
      const facts = await worker.runUntil(result)
      const [small, large] = facts
      assert.ok(small !== undefined && large !== undefined)
      for (const { claimed, sent, received } of facts) {
        assert.equal(received, sent)
        assert.equal(claimed, sent)
      }
      assert.notEqual(small.sent, large.sent)
      const growthBytes = large.peakBytes - small.peakBytes
      context.diagnostic(
        `1 GiB: peak ${Math.round(large.peakBytes / MIB)} MiB, ${Math.round(growthBytes / MIB)} more than with 64 MiB; longest stall ${large.longestStallMs} ms`,
      )
      assert.ok(growthBytes < 200 * MIB, `${growthBytes} bytes more`)
    } finally {
      child.stdin.end()
      await gone
    }
  })
})
