import { controlRun } from '../../src/client/control-run.ts'
import type { BackfillRequest } from '../../src/client/plan-backfill.ts'
import { startBackfill, type BackfillHandle } from '../../src/client/start-backfill.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { loadPipeline } from '../../src/pipeline/load-pipeline.ts'
import { backfillProgressQuery, type BackfillProgress } from '../../workflows/index.ts'
import { eventually } from '../support/eventually.ts'
import type { LoadBed } from '../support/load-bed.ts'
import { flightColumns, tableOf, writePipeline } from '../support/pipeline-fixture.ts'
import type { Recorded } from './record-orchestration.ts'

const patienceMs = 600_000

/** Makes backfills that end in each way that there is. */
export const backfills: Readonly<
  Record<string, (bed: LoadBed, name: string) => Promise<Recorded>>
> = {
  /** Two are loaded already, one fails, one runs and is joined; paused and hurried meanwhile. */
  'backfill-failed': async (bed, name) => {
    await write(bed, name)
    for (const day of ['2001-01-02', '2001-01-08']) await (await bed.start(name, day)).result()
    const joined = bed.client.workflow.getHandle((await bed.start(name, '2001-01-01')).workflowId)
    await joined.signal('pause')
    fail(bed, '2001-01-05')
    const backfill = await start(bed, name, { from: '2001-01-01', to: '2001-01-09' })
    await whenProgress(bed, backfill, ({ running }) => running.includes('2001-01-01'))
    const handle = bed.client.workflow.getHandle(backfill.workflowId)
    await controlRun(bed.client, backfill.workflowId, 'pause')
    await handle.signal('setConcurrency', { itemsInFlight: 3 })
    await joined.signal('resume')
    await whenProgress(bed, backfill, ({ running }) => running.length === 0)
    await controlRun(bed.client, backfill.workflowId, 'resume')
    return ended(bed, backfill)
  },

  'backfill-stopped': async (bed, name) => {
    await write(bed, name)
    fail(bed, '2001-01-02')
    const range = { from: '2001-01-01', to: '2001-01-05' } as const
    return ended(bed, await start(bed, name, { ...range, concurrency: 1, onFailure: 'stop' }))
  },

  'backfill-cancelled': async (bed, name) => {
    await write(bed, name)
    bed.source.setFaults({ latencyMs: 1_000 })
    const backfill = await start(bed, name, { from: '2001-01-01', to: '2001-01-09' })
    await whenProgress(bed, backfill, ({ running }) => running.length > 1)
    await controlRun(bed.client, backfill.workflowId, 'cancel')
    return ended(bed, backfill)
  },

  /** Two runs, some loads beginning in the first one and ending in the second. */
  'backfill-continued': async (bed, name) => {
    await write(bed, name)
    const range = { from: '2001-01-01T00', to: '2001-01-09T23' } as const
    const backfill = await start(bed, name, { ...range, concurrency: 16 })
    const { planned, loaded } = await backfill.result()
    if (loaded !== planned) throw new Error(`${loaded} of ${planned} were loaded`)
    return ended(bed, backfill)
  },
}

async function write(bed: LoadBed, name: string): Promise<void> {
  await writePipeline(bed.pipelines, name, {
    name,
    source: {
      kind: 'http',
      url: '${SAMPLE_SOURCE_URL}/flights',
      query: { since: '{interval.start}', until: '{interval.end}', per_page: 1 },
      records: '$.data',
      next: { kind: 'none' },
    },
    columns: flightColumns,
    target: {
      kind: 'postgres',
      table: tableOf(name),
      mode: 'replace-interval',
      interval_column: 'departed_at',
    },
  })
}

function fail(bed: LoadBed, day: string): void {
  bed.source.setFaults({ rules: [{ kind: 'status', status: 400, match: `since=${day}` }] })
}

async function start(
  { client, environment, pipelines }: LoadBed,
  name: string,
  asked: Pick<BackfillRequest, 'from' | 'to' | 'concurrency' | 'onFailure'>,
): Promise<BackfillHandle> {
  const definition = await loadPipeline(name, [pipelines])
  const { taskQueue } = readSettings(environment)
  const request = { ...asked, definition, downstream: [], requestedAt: new Date(), taskQueue }
  return startBackfill(client, request)
}

async function whenProgress(
  { client }: LoadBed,
  { workflowId }: BackfillHandle,
  isSo: (progress: BackfillProgress) => boolean,
): Promise<void> {
  await eventually(
    'progress',
    async () => {
      const handle = client.workflow.getHandle(workflowId)
      return isSo(await handle.query(backfillProgressQuery)) || undefined
    },
    patienceMs,
  )
}

async function ended(bed: LoadBed, backfill: BackfillHandle): Promise<Recorded> {
  await backfill.result().catch(() => undefined)
  bed.source.setFaults({})
  return [backfill.workflowId, backfill.runId]
}
