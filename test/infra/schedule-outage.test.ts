import assert from 'node:assert/strict'
import { test } from 'node:test'
import { externalAddresses } from '../../infra/stack/external-addresses.ts'
import { startStack } from '../../infra/stack/start-stack.ts'
import { applySchedule } from '../../src/client/apply-schedule.ts'
import { requireSchedule } from '../../src/client/applied-schedule.ts'
import { openSchedules } from '../../src/client/open-schedules.ts'
import { readLedger } from '../../src/client/schedule-ledger.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { loadPipeline } from '../../src/pipeline/load-pipeline.ts'
import { openCoverage } from '../../src/targets/open-coverage.ts'
import { eventually } from '../support/eventually.ts'
import { openLoadBed } from '../support/load-bed.ts'
import { flightColumns, tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { stackDirectory } from './support/stack-directory.ts'

const dayMs = 86_400_000

test('three nights without server and worker are loaded once each when both are back, however many ticks come then', async (t) => {
  const { temporal: _, ...others } = externalAddresses(process.env)
  assert.ok(others.store !== undefined && others.database !== undefined)
  const environment = { ...process.env, TEMPORAL_ADDRESS: '' }
  const directory = stackDirectory(t)
  const start = () => startStack({ directory, lifetime: 'attached', environment })
  const first = await start()
  const { address, namespace } = first.addresses.temporal
  const bed = await openLoadBed({ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace })
  const coverage = openCoverage({
    databaseUrl: bed.database.url,
    store: others.store,
    environment: {},
  })
  t.after(async () => {
    await coverage.close()
    await bed.close()
  })
  const name = uniqueName('outage')
  await writePipeline(bed.pipelines, name, {
    name,
    source: {
      kind: 'http',
      url: '${SAMPLE_SOURCE_URL}/flights',
      query: { since: '{interval.start}', until: '{interval.end}', per_page: 1000 },
      records: '$.data',
    },
    columns: flightColumns,
    target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    schedule: { at: '00:00', timezone: 'UTC', catchup: '5d' },
  })
  const { schedule, ...definition } = await loadPipeline(name, [bed.pipelines])
  assert.ok(schedule !== undefined)
  const { payloads, taskQueue } = readSettings(bed.environment)
  const schedules = openSchedules(bed.client, { ...payloads, store: bed.store })
  const midnightMs = Math.floor(Date.now() / dayMs) * dayMs
  await applySchedule(schedules, {
    definition: { ...definition, schedule },
    downstream: [],
    file: `${name}.yaml`,
    taskQueue,
    now: new Date(),
    since: new Date(midnightMs - 2 * dayMs - 1),
  })
  const handle = schedules.getHandle(`schedule/${name}`)
  // Nights pass fast here: a tick every two seconds is missed while the server is down.
  await handle.update(({ action, policies, state }) => ({
    action,
    policies,
    state,
    spec: { intervals: [{ every: '2 seconds' }] },
  }))
  await first.stop()
  const second = await start()
  assert.deepEqual(second.addresses.temporal.address, address)
  await bed.startWorker()
  const ledger = async () =>
    readLedger(await requireSchedule(schedules, name), {
      client: bed.client,
      coverage,
      now: new Date(midnightMs + 1),
      signal: new AbortController().signal,
    })
  assert.equal((await ledger()).dueCount, 3)
  await eventually(
    'all three nights to be loaded',
    async () => ((await ledger()).missed.length === 0 ? true : undefined),
    120_000,
  )
  await eventually('more than one tick for each night', async () =>
    (await handle.describe()).info.numActionsTaken > 2 ? true : undefined,
  )
  await handle.pause()
  const loads = await bed.database.query<{ partition: string }>(
    `SELECT partition FROM claimcheck.loads WHERE pipeline = $1 ORDER BY published_at`,
    [name],
  )
  const nights = [3, 2, 1].map((ago) =>
    new Date(midnightMs - ago * dayMs).toISOString().slice(0, 10),
  )
  assert.deepEqual(
    loads.map(({ partition }) => partition),
    nights,
  )
  await second.stop()
})
