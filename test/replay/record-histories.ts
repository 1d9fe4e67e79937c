/**
 * Records the histories that `replay.test.ts` replays: `node test/replay/record-histories.ts [name…]`,
 * all of them or those that are named, with the server programs on the PATH. Record one anew when a
 * workflow was changed on purpose and no run of the old kind is left anywhere; else keep the old
 * histories, and the workflow able to replay them.
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { DatasetId, EndpointCall, Reprocessing } from '../../activities/index.ts'
import { eraseStack } from '../../infra/stack/erase-stack.ts'
import { startStack } from '../../infra/stack/start-stack.ts'
import { answerOnce, digestOf } from '../../src/client/answer-once.ts'
import { startCall } from '../../src/client/start-call.ts'
import { startLoad, type LoadHandle } from '../../src/client/start-load.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { loadPipeline } from '../../src/pipeline/load-pipeline.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { flightColumns, tableOf, writePipeline } from '../support/pipeline-fixture.ts'
import { chainOfHistories } from '../support/run-histories.ts'
import { stackEnvironment } from '../support/stack-environment.ts'
import { eventually } from '../support/eventually.ts'
import { backfills } from './record-backfill.ts'
import { itemRecordings } from './record-items.ts'
import { orchestrations } from './record-orchestration.ts'
import { retentions } from './record-retention.ts'
import { recordTick } from './record-tick.ts'
import { writeHistory } from './recorded-histories.ts'

const partition = '2001-01-01T06'

type Recording = (bed: LoadBed, name: string) => Promise<void>

const recordings: Readonly<Record<string, Recording>> = {
  'one-batch': async (bed, name) => {
    await bed.writeFlights({ name })
    await record(bed, name)
  },

  continued: async (bed, name) => {
    await bed.writeFlights({ name, perPage: 50, limits: { batch_bytes: 1 } })
    await record(bed, name)
  },

  rejected: async (bed, name) => {
    await bed.writeFlights({ name, perPage: 250, limits: { batch_bytes: '40KiB' } })
    bed.source.setFaults({
      rules: [{ kind: 'malformed-value', row: 700, column: 'delay', value: 'late' }],
    })
    await record(bed, name)
    bed.source.setFaults({})
  },

  cancelled: async (bed, name) => {
    await bed.writeFlights({ name, perPage: 50, limits: { batch_bytes: 1 } })
    bed.source.setFaults({ latencyMs: 300 })
    bed.source.resetStats()
    await record(bed, name, async ({ workflowId }) => {
      await eventually('a few pages', async () =>
        bed.source.stats().pagesFetched > 3 ? true : undefined,
      )
      await bed.client.workflow.getHandle(workflowId).cancel()
    })
    bed.source.setFaults({})
  },

  /** Two files, each by a child of its own; the second one in two runs. */
  files: async (bed, name) => {
    const rows = Array.from({ length: 140 }, (_, id) => `${JSON.stringify({ id })}\n`)
    writeFileSync(join(files, 'first.ndjson'), rows.slice(0, 20).join(''))
    writeFileSync(join(files, 'second.ndjson'), rows.join(''))
    await writePipeline(bed.pipelines, name, {
      name,
      source: { kind: 'file', path: `${files}/*.ndjson`, format: 'ndjson' },
      columns: { id: { type: 'integer', key: true } },
      limits: { batch_bytes: '100B', page_bytes: '100B' },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    })
    const { workflowId } = await record(bed, name)
    for (const item of [0, 1]) {
      const child = bed.client.workflow.getHandle(`${workflowId}/${item}`)
      const { raw, runId } = await child.describe()
      const firstRunId = raw.workflowExecutionInfo?.firstRunId ?? runId
      await write(bed, `${name}-item-${item + 1}`, child.workflowId, firstRunId)
    }
  },

  transformed: async (bed, name) => {
    await writePipeline(bed.pipelines, name, {
      name,
      source: {
        kind: 'http',
        url: '${SAMPLE_SOURCE_URL}/flights',
        query: { since: '{interval.start}', until: '{interval.end}', per_page: 250 },
        records: '$.data',
        next: { kind: 'cursor', path: '$.next' },
      },
      columns: flightColumns,
      transform: { sql: 'select * from input where delay is not null', scope: 'dataset' },
      checks: [{ unique: 'id' }, { row_count: { min: 1 } }],
      limits: { batch_bytes: '40KiB' },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    })
    await record(bed, name)
  },

  /** Two runs: the second has columns for what the first one found. */
  evolved: async (bed, name) => {
    await writePipeline(bed.pipelines, name, {
      name,
      schema: 'evolve',
      source: {
        kind: 'http',
        url: '${SAMPLE_SOURCE_URL}/flights',
        query: { since: '{interval.start}', until: '{interval.end}', per_page: 250 },
        records: '$.data',
        next: { kind: 'cursor', path: '$.next' },
      },
      columns: { id: flightColumns.id, delay: 'integer' },
      limits: { batch_bytes: '40KiB' },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    })
    await record(bed, name)
  },

  called: (bed, name) => recordCall(bed, name, { method: 'GET', url: '${ENDPOINT_URL}/-/stats' }),

  'called-refused': (bed, name) =>
    recordCall(bed, name, { method: 'POST', url: '${ENDPOINT_URL}/none', body: { rows: 1 } }),

  /** Remembers what a request with an idempotency key was answered. */
  'keyed-request': async (bed, name) => {
    await answerOnce(bed.client, {
      key: name,
      request: name,
      taskQueue: readSettings(bed.environment).taskQueue,
      answerSchema: z.object({ rows: z.number() }),
      act: async () => ({ rows: 1 }),
    })
    const handle = bed.client.workflow.getHandle(`request/${digestOf(name)}`)
    await handle.result()
    await write(bed, name, handle.workflowId, (await handle.describe()).runId)
  },

  reprocessed: async (bed, name) => {
    await bed.writeFlights({ name, perPage: 250, limits: { batch_bytes: '40KiB' } })
    const again = { datasetId: await loadOnce(bed, name), from: 'landing' } as const
    await write(bed, name, ...(await reprocess(bed, name, again)))
  },

  /** The parts of a dataset as they are. */
  'reprocessed-parts': async (bed, name) => {
    await bed.writeFlights({ name, perPage: 250, limits: { batch_bytes: '40KiB' } })
    const again = { datasetId: await loadOnce(bed, name), from: 'parts' } as const
    await write(bed, name, ...(await reprocess(bed, name, again)))
  },

  planned: async (bed, name) => {
    await bed.writeFlights({ name, perPage: 250, limits: { batch_bytes: '40KiB' } })
    const again = { datasetId: await loadOnce(bed, name), from: 'landing', plan: true } as const
    await write(bed, name, ...(await reprocess(bed, name, again)))
  },

  /** What it needs is not there. */
  unprepared: async (bed, name) => {
    await bed.writeFlights({ name, perPage: 250 })
    const again = { datasetId: randomUUID() as DatasetId, from: 'parts' } as const
    await write(bed, name, ...(await reprocess(bed, name, again)))
  },

  ticked: async (bed, name) => {
    await write(bed, name, ...(await recordTick(bed, name)))
  },

  ...Object.fromEntries(
    Object.entries(backfills).map(([kind, run]) => [
      kind,
      async (bed: LoadBed, name: string) => write(bed, name, ...(await run(bed, name))),
    ]),
  ),

  ...itemRecordings,

  ...Object.fromEntries(
    Object.entries(retentions).map(([kind, run]) => [
      kind,
      async (bed: LoadBed, name: string) => write(bed, name, ...(await run(bed, name))),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(orchestrations).map(([kind, run]) => [
      kind,
      async (bed: LoadBed, name: string) => write(bed, name, ...(await run(bed, name, files))),
    ]),
  ),
}

/** Calls a service, and writes the history of that. */
async function recordCall(bed: LoadBed, name: string, call: EndpointCall): Promise<void> {
  const { taskQueue } = readSettings(bed.environment)
  const { workflowId, runId } = await startCall(bed.client, { call, taskQueue })
  await bed.client.workflow
    .getHandle(workflowId)
    .result()
    .catch(() => undefined)
  await write(bed, name, workflowId, runId)
}

const directory = mkdtempSync(join(tmpdir(), 'claimcheck-record-'))
const files = join(directory, 'files')
const stack = await startStack({ directory, lifetime: 'attached' })
try {
  Object.assign(process.env, stackEnvironment(stack.addresses))
  mkdirSync(files)
  const bed = await openLoadBed()
  try {
    await bed.startWorker({ CLAIMCHECK_SOURCE_DIRECTORIES: files, ENDPOINT_URL: bed.source.url })
    const wanted = process.argv.slice(2)
    for (const [name, recordOne] of Object.entries(recordings)) {
      if (wanted.length === 0 || wanted.includes(name)) await recordOne(bed, name)
    }
  } finally {
    await bed.close()
  }
} finally {
  await stack.stop()
  await eraseStack(directory)
  rmSync(directory, { recursive: true, force: true })
}

/** Runs the load to its end, however that is, and writes the history of each of its runs. */
async function record(
  bed: LoadBed,
  name: string,
  meanwhile: (load: LoadHandle) => Promise<void> = async () => undefined,
): Promise<LoadHandle> {
  const load = await bed.start(name, partition)
  await meanwhile(load)
  await load.result().catch(() => undefined)
  await write(bed, name, load.workflowId, load.runId)
  return load
}

async function loadOnce(bed: LoadBed, name: string): Promise<DatasetId> {
  const { datasetId } = await (await bed.start(name, partition)).result()
  return datasetId as DatasetId
}

/** Makes or loads a dataset again; answers ids of the workflow and its first run. */
async function reprocess(
  bed: LoadBed,
  name: string,
  reprocessing: Reprocessing,
): Promise<[string, string]> {
  const definition = await loadPipeline(name, [bed.pipelines])
  const { taskQueue } = readSettings(bed.environment)
  const request = { definition, partition, reprocessing, requestedAt: new Date(), taskQueue }
  const load = await startLoad(bed.client, request)
  await load.result().catch(() => undefined)
  return [load.workflowId, load.runId]
}

async function write(
  bed: LoadBed,
  name: string,
  workflowId: string,
  firstRunId: string,
): Promise<void> {
  const histories = await chainOfHistories(bed.client, workflowId, firstRunId)
  for (const [index, history] of histories.entries()) {
    const place = histories.length === 1 ? name : `${name}-${index + 1}`
    writeHistory(place, history)
  }
}
