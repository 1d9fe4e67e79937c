import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  ScheduleOverlapPolicy,
  type ScheduleClient,
  type ScheduleDescription,
} from '@temporalio/client'
import { isClaimPayload } from '../../codec/index.ts'
import { changeSchedule, findSchedule, requireSchedule } from '../../src/client/applied-schedule.ts'
import { applySchedule, type AppliedOutcome } from '../../src/client/apply-schedule.ts'
import { openSchedules } from '../../src/client/open-schedules.ts'
import { planDownstream } from '../../src/client/plan-downstream.ts'
import { readLedger } from '../../src/client/schedule-ledger.ts'
import { startBackfill } from '../../src/client/start-backfill.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { listPipelines } from '../../src/pipeline/list-pipelines.ts'
import { loadPipeline } from '../../src/pipeline/load-pipeline.ts'
import { openCoverage, type Coverage } from '../../src/targets/open-coverage.ts'
import { externalAddresses } from '../../infra/stack/external-addresses.ts'
import type { scheduleTick, ScheduleTickResult } from '../../workflows/index.ts'
import { eventually } from '../support/eventually.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { flightColumns, tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'

const dayMs = 86_400_000
/** Loads nothing by itself while a test runs: its ticks are made. */
const nightly = { at: '02:30', timezone: 'America/New_York' }

describe('schedules', { timeout: 300_000, concurrency: 3 }, () => {
  let bed: LoadBed
  let schedules: ScheduleClient
  let coverage: Coverage

  before(async () => {
    bed = await openLoadBed()
    schedules = clientOf({})
    const { database, store } = externalAddresses(bed.environment)
    assert.ok(database !== undefined && store !== undefined)
    coverage = openCoverage({ databaseUrl: database.url, store, environment: {} })
    await bed.startWorker()
  })
  after(async () => {
    await coverage?.close()
    await bed?.close()
  })

  function clientOf(overrides: Partial<ReturnType<typeof readSettings>['payloads']>) {
    const { payloads } = readSettings(bed.environment)
    return openSchedules(bed.client, { ...payloads, store: bed.store, ...overrides })
  }

  /** Of most slices there are no flights: what counts is which are asked for. */
  async function writeScheduled(name: string, schedule: object, change: object = {}) {
    await writePipeline(bed.pipelines, name, {
      name,
      source: {
        kind: 'http',
        url: '${SAMPLE_SOURCE_URL}/flights',
        query: { since: '{interval.start}', until: '{interval.end}', per_page: 1000 },
        records: '$.data',
        next: { kind: 'cursor', path: '$.next' },
      },
      columns: flightColumns,
      target: {
        kind: 'postgres',
        table: tableOf(name),
        mode: 'replace-interval',
        interval_column: 'departed_at',
      },
      schedule,
      ...change,
    })
  }

  async function apply(
    name: string,
    since: string | Date | undefined,
    client = schedules,
  ): Promise<AppliedOutcome> {
    const { schedule, ...definition } = await loadPipeline(name, [bed.pipelines])
    assert.ok(schedule !== undefined)
    return applySchedule(client, {
      definition: { ...definition, schedule },
      downstream: planDownstream(name, await listPipelines([bed.pipelines])),
      file: join(bed.pipelines, `${name}.yaml`),
      taskQueue: readSettings(bed.environment).taskQueue,
      now: new Date(),
      since: since === undefined ? undefined : new Date(since),
    })
  }

  const handleOf = (name: string) => schedules.getHandle(`schedule/${name}`)

  /** What each tick of the schedule has done, in the order they came. */
  async function ticksOf(name: string, count: number): Promise<ScheduleTickResult[]> {
    const { recentActions } = await eventually(
      `${count} ticks`,
      async (): Promise<ScheduleDescription['info'] | undefined> => {
        const { info } = await handleOf(name).describe()
        return info.numActionsTaken >= count ? info : undefined
      },
      60_000,
    )
    return Promise.all(
      recentActions.map(({ action }) =>
        bed.client.workflow.getHandle<typeof scheduleTick>(action.workflow.workflowId).result(),
      ),
    )
  }

  /** Lets one tick come now; answers how many there are then. */
  async function trigger(name: string): Promise<number> {
    const { info } = await handleOf(name).describe()
    const lastMs = info.recentActions.at(-1)?.takenAt.getTime() ?? 0
    // Of those within one second there is one: it would have the same id.
    await eventually('the next second', async () =>
      Math.floor(Date.now() / 1000) > Math.floor(lastMs / 1000) ? true : undefined,
    )
    await handleOf(name).trigger()
    return info.numActionsTaken + 1
  }

  /**
   * Lets ticks come one after the other, as if the time of the windows passed now. In one request: of
   * several that follow each other fast, the server may forget the earlier ones.
   */
  async function pass(name: string, ...windows: (readonly [string, string])[]): Promise<void> {
    const overlap = ScheduleOverlapPolicy.BUFFER_ALL
    await handleOf(name).backfill(
      windows.map(([start, end]) => ({ start: new Date(start), end: new Date(end), overlap })),
    )
  }

  /** Waits for the loads of the partitions to end; how often each was published, and what for. */
  async function loadsOf(name: string, partitions: readonly string[]): Promise<string[]> {
    for (const partition of partitions) {
      await eventually(
        `a run of ${partition}`,
        () =>
          bed.client.workflow
            .getHandle(`etl/${name}/${partition}`)
            .result()
            .then(
              () => true,
              (error: unknown) => {
                if (error instanceof Error && error.name === 'WorkflowNotFoundError')
                  return undefined
                throw error
              },
            ),
        60_000,
      )
    }
    const rows = await bed.database.query<{ load: string }>(
      `SELECT concat_ws(' ', partition, to_char(interval_start, 'MM-DD"T"HH24'),
                to_char(interval_end, 'MM-DD"T"HH24')) AS load
         FROM claimcheck.loads WHERE pipeline = $1 ORDER BY partition`,
      [name],
    )
    return rows.map(({ load }) => load)
  }

  const ledgerOf = async (name: string, now: Date) =>
    readLedger(await requireSchedule(schedules, name), {
      client: bed.client,
      coverage,
      now,
      signal: new AbortController().signal,
    })

  it('load each local day once where the clock skips the time, and where it shows it twice', async () => {
    const [gap, twice] = [uniqueName('gap'), uniqueName('twice')]
    await writeScheduled(gap, nightly)
    await writeScheduled(twice, { ...nightly, at: '01:30' })
    await apply(gap, '2025-03-08T00:00:00Z')
    await apply(twice, '2025-11-01T00:00:00Z')
    await pass(gap, ['2025-03-08T00:00:00Z', '2025-03-11T00:00:00Z'])
    await pass(twice, ['2025-11-01T00:00:00Z', '2025-11-04T00:00:00Z'])
    const nominals = async (name: string, count: number): Promise<string[]> =>
      (await ticksOf(name, count)).map(({ nominal }) => nominal)
    // There was no 02:30 on the 9th: the tick after it looks after that day's slice too.
    assert.deepEqual(await nominals(gap, 2), [
      '2025-03-08T07:30:00.000Z',
      '2025-03-10T06:30:00.000Z',
    ])
    assert.deepEqual(await nominals(twice, 4), [
      '2025-11-01T05:30:00.000Z',
      '2025-11-02T05:30:00.000Z',
      '2025-11-02T06:30:00.000Z',
      '2025-11-03T06:30:00.000Z',
    ])
    assert.deepEqual(await loadsOf(gap, ['2025-03-07', '2025-03-08', '2025-03-09']), [
      '2025-03-07 03-07T05 03-08T05',
      '2025-03-08 03-08T05 03-09T05',
      '2025-03-09 03-09T05 03-10T04',
    ])
    assert.deepEqual(await loadsOf(twice, ['2025-10-31', '2025-11-01', '2025-11-02']), [
      '2025-10-31 10-31T04 11-01T04',
      '2025-11-01 11-01T04 11-02T04',
      '2025-11-02 11-02T04 11-03T05',
    ])
    assert.deepEqual((await ledgerOf(gap, new Date('2025-03-10T06:31:00Z'))).missed, [])
    assert.deepEqual((await ledgerOf(twice, new Date('2025-11-03T06:31:00Z'))).missed, [])
  })

  it('load months at their ends and the leap day, one after the other where order counts', async () => {
    const [months, days] = [uniqueName('months'), uniqueName('days')]
    const target = (name: string) => ({ kind: 'postgres', table: tableOf(name), mode: 'merge' })
    await writeScheduled(
      months,
      { every: 'month', at: '23:59', timezone: 'UTC' },
      { target: target(months) },
    )
    await writeScheduled(days, { at: '00:00', timezone: 'UTC' }, { target: target(days) })
    await apply(months, '2024-02-01T00:00:00Z')
    await apply(days, '2024-02-28T00:00:00Z')
    // A month ticks each day: what was due on the 1st is looked after on the 2nd as well.
    await pass(
      months,
      ['2024-02-01T12:00:00Z', '2024-02-03T12:00:00Z'],
      ['2024-03-01T12:00:00Z', '2024-03-02T12:00:00Z'],
    )
    await pass(days, ['2024-03-01T12:00:00Z', '2024-03-02T12:00:00Z'])
    assert.deepEqual(await loadsOf(months, ['2024-01', '2024-02']), [
      '2024-01 01-01T00 02-01T00',
      '2024-02 02-01T00 03-01T00',
    ])
    const slices = ['2024-02-28', '2024-02-29', '2024-03-01']
    assert.deepEqual(await loadsOf(days, slices), [
      '2024-02-28 02-28T00 02-29T00',
      '2024-02-29 02-29T00 03-01T00',
      '2024-03-01 03-01T00 03-02T00',
    ])
    const [tick] = await ticksOf(days, 1)
    assert.deepEqual([tick?.started, tick?.left], [slices, 0])
    const published = await bed.database.query<{ partition: string }>(
      `SELECT partition FROM claimcheck.loads WHERE pipeline = $1 ORDER BY published_at`,
      [days],
    )
    assert.deepEqual(
      published.map(({ partition }) => partition),
      slices,
    )
  })

  it('after an outage take the nights within the catchup, and list those before until they are loaded', async () => {
    const name = uniqueName('outage')
    await writeScheduled(name, { at: '00:00', timezone: 'UTC', catchup: '2d' })
    const midnightMs = Math.floor(Date.now() / dayMs) * dayMs
    const nights = [4, 3, 2, 1].map((ago) =>
      new Date(midnightMs - ago * dayMs).toISOString().slice(0, 10),
    )
    const [oldest = '', older = '', old = '', last = ''] = nights
    await apply(name, new Date(midnightMs - 3 * dayMs - 1))
    const now = new Date(midnightMs + 3_600_000)
    const stateOf = async (): Promise<string[]> =>
      (await ledgerOf(name, now)).missed.map(
        (slice) => `${slice.name} ${slice.state} ${slice.isOverdue}`,
      )
    assert.deepEqual(await stateOf(), [
      `${oldest} missing true`,
      `${older} missing true`,
      `${old} due true`,
      `${last} due true`,
    ])
    const start = new Date(midnightMs - 1000).toISOString()
    await pass(name, [start, new Date(midnightMs + 1000).toISOString()])
    await ticksOf(name, 1)
    await loadsOf(name, [older, old, last])
    assert.deepEqual(await stateOf(), [`${oldest} missing true`])
    const { taskQueue } = readSettings(bed.environment)
    const definition = await loadPipeline(name, [bed.pipelines])
    const asked = { definition, downstream: [], requestedAt: new Date(), taskQueue }
    const backfill = await startBackfill(bed.client, { ...asked, from: oldest, to: last })
    const { planned, loaded, skipped } = await backfill.result()
    assert.deepEqual([planned, loaded, skipped], [4, 1, 3])
    assert.equal((await loadsOf(name, [oldest])).length, 4)
    assert.deepEqual(await stateOf(), [])
  })

  it('never load a partition twice at once, however often they are triggered', async () => {
    const name = uniqueName('triggered')
    await writeScheduled(name, { at: '00:00', timezone: 'UTC' })
    const midnightMs = Math.floor(Date.now() / dayMs) * dayMs
    const [earlier = '', yesterday = ''] = [2, 1].map((ago) =>
      new Date(midnightMs - ago * dayMs).toISOString().slice(0, 10),
    )
    await apply(name, new Date(midnightMs - 1))
    await (await bed.start(name, earlier)).result()
    // What is to be published waits until the lock is gone.
    const blocker = await bed.database.connect()
    await blocker.query(`BEGIN; LOCK TABLE ${tableOf(name)} IN SHARE MODE`)
    const load = await bed.start(name, yesterday)
    await ticksOf(name, await trigger(name))
    // As by a double click.
    await Promise.all([trigger(name), trigger(name)])
    const ticks = (await ticksOf(name, 2)).slice(0, 2)
    assert.deepEqual(
      ticks.map(({ started, joined }) => [started, joined]),
      [
        [[], [yesterday]],
        [[], [yesterday]],
      ],
    )
    const ledger = await eventually('the run to be seen', async () => {
      const { missed } = await ledgerOf(name, new Date())
      return missed[0]?.state === 'running' ? missed : undefined
    })
    assert.deepEqual(
      ledger.map(({ isOverdue }) => isOverdue),
      [false],
    )
    const again = await bed.start(name, yesterday)
    assert.deepEqual([again.joined, again.runId], [true, load.runId])
    await blocker.query('ROLLBACK')
    await load.result()
    const last = (await ticksOf(name, await trigger(name))).at(-1)
    assert.deepEqual([last?.loaded, last?.started, last?.joined], [1, [], []])
    assert.equal((await loadsOf(name, [yesterday])).length, 2)
  })

  it('wait for what comes before them, and for their own time where it is still to come', async () => {
    const [first, second] = [uniqueName('upstream'), uniqueName('downstream')]
    const target = (name: string) => ({ kind: 'postgres', table: tableOf(name), mode: 'merge' })
    // By a clock that shows about noon: its next midnight is far, whenever this runs.
    const aheadHours = 12 - new Date().getUTCHours()
    const aheadMs = aheadHours * 3_600_000
    const timezone = `Etc/GMT${aheadHours > 0 ? '-' : '+'}${Math.abs(aheadHours)}`
    await writeScheduled(first, { at: '00:00', timezone }, { target: target(first) })
    const late = { at: '23:59', timezone }
    await writeScheduled(second, late, { target: target(second), after: [first] })
    const midnightMs = Math.floor((Date.now() + aheadMs) / dayMs) * dayMs - aheadMs
    const [older = '', last = ''] = [2, 1].map((ago) =>
      new Date(midnightMs + aheadMs - ago * dayMs).toISOString().slice(0, 10),
    )
    for (const name of [first, second]) await apply(name, new Date(midnightMs - dayMs - 1))
    await trigger(first)
    assert.equal((await loadsOf(first, [older, last])).length, 2)
    // The time of the older night has passed for both.
    assert.equal((await loadsOf(second, [older])).length, 1)
    const tonight = new Date(midnightMs + dayMs)
    const waiting = await eventually('the last night to wait', async () => {
      const { missed } = await ledgerOf(second, tonight)
      return missed[0]?.state === 'running' ? missed : undefined
    })
    assert.deepEqual(
      waiting.map(({ name }) => name),
      [last],
    )
    await pass(second, [new Date(midnightMs + dayMs / 2).toISOString(), tonight.toISOString()])
    assert.equal((await loadsOf(second, [last])).length, 2)
    const [tick] = await ticksOf(second, 1)
    assert.deepEqual([tick?.started, tick?.joined, tick?.left], [[], [last], 0])
  })

  it('stand in Temporal with their arguments whole, and are written once', async () => {
    const name = uniqueName('inline')
    const dependant = uniqueName('dependant')
    const transform = { sql: `select * from input where origin <> '${'x'.repeat(200_000)}'` }
    await writeScheduled(name, nightly, { transform })
    const small = clientOf({ thresholdBytes: 1024 })
    assert.deepEqual(await apply(name, undefined, small), { kind: 'created' })
    assert.deepEqual(await apply(name, undefined, small), { kind: 'unchanged' })
    const created = await findSchedule(small, name)
    await writeScheduled(dependant, nightly, { after: [name] })
    await changeSchedule(schedules, name, (handle) => handle.trigger())
    await changeSchedule(schedules, name, (handle) => handle.pause('holidays'))
    assert.deepEqual(await apply(name, undefined, small), {
      kind: 'updated',
      changes: ['downstream'],
    })
    await writeScheduled(name, { ...nightly, at: '02:31', catchup: '1d' }, { transform })
    assert.deepEqual(await apply(name, undefined, small), {
      kind: 'updated',
      changes: ['times', 'catchup', 'definition'],
    })
    assert.deepEqual(await apply(name, undefined, small), { kind: 'unchanged' })
    const updated = await requireSchedule(schedules, name)
    assert.deepEqual(updated.tick.definition, await loadPipeline(name, [bed.pipelines]))
    assert.deepEqual(updated.tick.downstream, [await loadPipeline(dependant, [bed.pipelines])])
    assert.equal(updated.tick.since, created?.tick.since)
    const { state } = updated.description
    assert.deepEqual([state.paused, state.note], [true, 'holidays'])
    assert.equal((await ticksOf(name, 1)).length, 1)
    const { input } = updated.description.raw.schedule?.action?.startWorkflow ?? {}
    assert.equal(input?.payloads?.length, 1)
    const [payload] = input?.payloads ?? []
    assert.ok(payload !== undefined && !isClaimPayload(payload))
    assert.ok((payload.data?.byteLength ?? Infinity) < 8192, 'it is compressed, once')
  })

  it('are steered from the command line', async () => {
    const name = uniqueName('steered')
    await writeScheduled(name, nightly)
    const run = async (exitCode: number, ...args: string[]): Promise<string> => {
      const outcome = await bed.cli(['schedule', ...args])
      assert.equal(outcome.exitCode, exitCode, outcome.stderr)
      return outcome.stdout + outcome.stderr
    }
    const stateOf = async () => (await handleOf(name).describe()).state
    const others = join(bed.pipelines, 'others')
    await mkdir(others)
    const other = uniqueName('other')
    const scheduled = await readFile(join(bed.pipelines, `${name}.yaml`), 'utf8')
    await writeFile(
      join(others, `${other}.yaml`),
      scheduled.replace(`name: ${name}`, `name: ${other}`),
    )
    await writeFile(join(others, 'broken.yaml'), 'name: broken\n')
    const applyingAll = bed.cli(['schedule', 'apply', '--all'], { CLAIMCHECK_PIPELINES: others })
    const [missing, unnamed, tooFine] = await Promise.all([
      run(4, 'show', name),
      run(2, 'apply'),
      run(2, 'apply', name, '--since', '2025-06-02T03'),
    ])
    assert.match(missing, /^SCHEDULE_NOT_FOUND: /)
    assert.match(unnamed, /name pipelines, or give --all/)
    assert.match(tooFine, /holds no whole day/)
    // A file that is wrong keeps none of the others from its time.
    const all = await applyingAll
    assert.deepEqual([all.exitCode, all.stdout], [2, `${other}\tcreated\t\n`])
    assert.match(all.stderr, /^PIPELINE_INVALID: /)
    assert.equal(await run(0, 'apply', name, '--since', '2025-06-02'), `${name}\tcreated\t\n`)
    const [listed, shown] = await Promise.all([
      run(1, 'ls', '--check'),
      run(0, 'show', name),
      run(0, 'pause', name, '--note', 'holidays'),
    ])
    assert.match(listed, new RegExp(`^${name}\t(active|paused)\t.*slices are overdue`, 'ms'))
    for (const part of [`pipeline: ${name}\n`, 'dueCount: ', '- name: 2025-06-02\n']) {
      assert.ok(shown.includes(part), part)
    }
    assert.ok(!shown.includes('- name: 2025-06-01\n'))
    // Paused once more, it keeps what was said of it.
    await run(0, 'pause', name)
    assert.deepEqual(await stateOf(), {
      paused: true,
      note: 'holidays',
      remainingActions: undefined,
    })
    await run(0, 'resume', name)
    assert.equal((await stateOf()).paused, false)
    const [triggered, backfilled] = await Promise.all([
      run(0, 'trigger', name, '--json'),
      bed.cli(['backfill', name, '--from', '2025-06-02', '--to', '2025-06-03']),
    ])
    assert.match(triggered, /^\{"type":"triggered"/)
    assert.match(backfilled.stderr, /started backfill\/.*: 2 partitions/)
    await loadsOf(name, ['2025-06-02', '2025-06-03'])
    await run(0, 'rm', name)
    assert.equal(await findSchedule(schedules, name), undefined)
  })
})
