import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PipelineDefinition } from '../../activities/index.ts'
import { startGraph } from '../../src/client/start-graph.ts'
import { startLoad, type LoadHandle } from '../../src/client/start-load.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { loadPipeline } from '../../src/pipeline/load-pipeline.ts'
import { progressQuery } from '../../workflows/index.ts'
import { eventually } from '../support/eventually.ts'
import { forgetRun } from '../support/forget-run.ts'
import type { LoadBed } from '../support/load-bed.ts'
import { tableOf, writePipeline } from '../support/pipeline-fixture.ts'

const partition = '2001-01-01'

/** Where a workflow's history is to be had: its id, and that of its first run. */
export type Recorded = readonly [workflowId: string, firstRunId: string]

/** Makes runs that wait, are told things and tell others; `folder` has their files. */
export const orchestrations: Readonly<
  Record<string, (bed: LoadBed, name: string, folder: string) => Promise<Recorded>>
> = {
  /** Its upstream tells it while it waits; then its own end tells another. */
  waited: async (bed, name, folder) => {
    const upstream = await write(bed, `${name}-a`, folder, ['{"id": 1}\n'])
    const middle = await write(bed, name, folder, ['{"id": 1}\n'], { after: [upstream.name] })
    const last = await write(bed, `${name}-z`, folder, ['{"id": 1}\n'], { after: [name] })
    const load = await start(bed, middle, { waitForUpstreams: true, downstream: [last] })
    await eventually('waiting', async () => {
      const { waitingFor } = await bed.client.workflow
        .getHandle(load.workflowId)
        .query(progressQuery)
      return waitingFor?.length === 1 || undefined
    })
    await (await start(bed, upstream, { downstream: [middle, last] })).result()
    return ended(load)
  },

  /** Its upstream was loaded longer ago than Temporal keeps that. */
  'waited-long-after': async (bed, name, folder) => {
    const upstream = await write(bed, `${name}-a`, folder, ['{"id": 1}\n'])
    const pipeline = await write(bed, name, folder, ['{"id": 1}\n'], { after: [upstream.name] })
    const [workflowId] = await ended(await start(bed, upstream))
    await forgetRun(bed.client, workflowId)
    return ended(await start(bed, pipeline, { waitForUpstreams: true }))
  },

  /** What failed before it began to wait is found. */
  'upstream-failed': (bed, name, folder) => comesAfterFailure(bed, name, folder, 'fail'),

  skipped: (bed, name, folder) => comesAfterFailure(bed, name, folder, 'skip'),

  /** Items are told what their parent is told; one of them fails, and the others go on. */
  controlled: async (bed, name, folder) => {
    const bad = '{"id": "one"}\n'
    const files = Array.from({ length: 24 }, (_, file) => (file === 20 ? bad : `{"id": ${file}}\n`))
    const pipeline = await write(bed, name, folder, files, { on_item_failure: 'continue' })
    const load = await start(bed, pipeline)
    const handle = bed.client.workflow.getHandle(load.workflowId)
    await eventually('an item', async () => {
      const { itemsLoaded = 0 } = await handle.query(progressQuery)
      return itemsLoaded > 0 || undefined
    })
    await handle.signal('setConcurrency', { itemsInFlight: 4 })
    await handle.signal('pause')
    await handle.signal('resume')
    return ended(load)
  },

  graph: async (bed, name, folder) => {
    const first = await write(bed, `${name}-a`, folder, ['{"id": 1}\n'])
    const bad = await write(bed, `${name}-b`, folder, ['{"id": "one"}\n'])
    const next = await write(bed, `${name}-c`, folder, ['{"id": 1}\n'], {
      after: [first.name, { pipeline: bad.name, on_failure: 'skip' }],
    })
    const { taskQueue } = readSettings(bed.environment)
    const graph = await startGraph(bed.client, {
      name,
      definitions: [next, bad, first],
      downstream: [next],
      partition,
      requestedAt: new Date(),
      taskQueue,
    })
    await graph.result().catch(() => undefined)
    return [graph.workflowId, graph.runId]
  },
}

async function comesAfterFailure(
  bed: LoadBed,
  name: string,
  folder: string,
  rule: 'fail' | 'skip',
): Promise<Recorded> {
  const upstream = await write(bed, `${name}-a`, folder, ['{"id": "one"}\n'])
  const after = [{ pipeline: upstream.name, on_failure: rule }]
  const pipeline = await write(bed, name, folder, ['{"id": 1}\n'], { after })
  await ended(await start(bed, upstream))
  return ended(await start(bed, pipeline, { waitForUpstreams: true }))
}

async function write(
  bed: LoadBed,
  name: string,
  folder: string,
  files: readonly string[],
  more: Readonly<Record<string, unknown>> = {},
): Promise<PipelineDefinition> {
  const own = join(folder, name)
  mkdirSync(own)
  for (const [file, text] of files.entries()) {
    writeFileSync(join(own, `${String(file).padStart(2, '0')}.ndjson`), text)
  }
  await writePipeline(bed.pipelines, name, {
    name,
    source: { kind: 'file', path: `${own}/*.ndjson`, format: 'ndjson' },
    columns: { id: { type: 'integer', key: true } },
    target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    ...more,
  })
  return loadPipeline(name, [bed.pipelines])
}

function start(
  { client, environment }: LoadBed,
  definition: PipelineDefinition,
  more: Partial<Parameters<typeof startLoad>[1]> = {},
): Promise<LoadHandle> {
  const { taskQueue } = readSettings(environment)
  return startLoad(client, { definition, partition, requestedAt: new Date(), taskQueue, ...more })
}

async function ended(load: LoadHandle): Promise<Recorded> {
  await load.result().catch(() => undefined)
  return [load.workflowId, load.runId]
}
