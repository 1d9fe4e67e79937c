import { readFileSync, writeFileSync } from 'node:fs'
import type { PipelineDefinition } from '../../activities/index.ts'
import { progressQuery } from '../../workflows/index.ts'
import { fewItemsPerRun, holdItems } from '../e2e/support/held-items.ts'
import {
  inputOf,
  loadId,
  openWorkflowBed,
  startBulkLoad,
  whenProgress,
  type WorkflowBed,
} from '../e2e/support/workflow-bed.ts'
import { eventually } from '../support/eventually.ts'
import { plainDefinition } from '../support/plain-definition.ts'
import { chainOfHistories } from '../support/run-histories.ts'
import { writeHistory } from './recorded-histories.ts'

/** Loads of items that outlive runs of their load, over activities that do nothing. */
export const itemRecordings: Readonly<Record<string, () => Promise<void>>> = {
  /** The first of twelve is still there in the last run, and hears what is asked of the load then. */
  sliding: () =>
    withBed(async (bed) => {
      const held = holdItems(bed, 0)
      const load = await start(bed, 'sliding', { items: 12 })
      await whenProgress(bed, 'sliding', ({ itemsLoaded }) => itemsLoaded === 11)
      const handle = bed.client.workflow.getHandle(load.workflowId)
      await handle.signal('setConcurrency', { itemsInFlight: 4 })
      await eventually('that it is heard', async () => {
        const item = bed.client.workflow.getHandle(`${load.workflowId}/0`)
        return (await item.query(progressQuery)).controls?.itemsInFlight === 4 || undefined
      })
      held.release(0)
      await handle.result()
      await write(bed, 'sliding', load, 'all')
      const item = bed.client.workflow.getHandle(`${load.workflowId}/0`)
      const { runId } = await item.describe()
      await write(
        bed,
        'sliding-item',
        { workflowId: item.workflowId, firstExecutionRunId: runId },
        'all',
      )
    }),

  'sliding-failed': () => endsOtherwise('sliding-failed', {}, async (_, held) => held.fail(0)),

  'sliding-cancelled': () =>
    endsOtherwise('sliding-cancelled', {}, (bed) =>
      bed.client.workflow.getHandle(loadId('sliding-cancelled')).cancel(),
    ),

  /** Nobody tells of the first; the others go on. */
  'sliding-lost': () =>
    endsOtherwise('sliding-lost', { onItemFailure: 'continue' }, (bed) =>
      bed.client.workflow.getHandle(`${loadId('sliding-lost')}/0`).terminate(),
    ),
}

type Held = ReturnType<typeof holdItems>

/** The first item is still there in the second run: then something happens to it. */
async function endsOtherwise(
  name: string,
  change: Partial<PipelineDefinition>,
  meanwhile: (bed: WorkflowBed, held: Held) => Promise<unknown>,
): Promise<void> {
  await withBed(async (bed) => {
    const held = holdItems(bed, 0)
    const load = await start(bed, name, { items: 8, change })
    await whenProgress(bed, name, ({ itemsLoaded }) => itemsLoaded === 7)
    await meanwhile(bed, held)
    await bed.client.workflow
      .getHandle(load.workflowId)
      .result()
      .catch(() => undefined)
    await write(bed, name, load, 'last')
  })
}

async function withBed(record: (bed: WorkflowBed) => Promise<void>): Promise<void> {
  const bed = await openWorkflowBed()
  try {
    await record(bed)
  } finally {
    await bed.close()
  }
}

interface Chain {
  readonly workflowId: string
  readonly firstExecutionRunId: string
}

function start(
  bed: WorkflowBed,
  name: string,
  { items, change = {} }: { items: number; change?: Partial<PipelineDefinition> },
): Promise<Chain> {
  fewItemsPerRun(bed, name)
  bed.items = items
  const limits = { batchBytes: 1, pageBytes: 1, batchesInFlight: 2, attempts: 1, itemsInFlight: 3 }
  const source = { kind: 'file', paths: ['*'], format: 'ndjson', records: [], headers: {} } as const
  return startBulkLoad(bed, inputOf(plainDefinition(name, { source, limits, ...change })))
}

/** What made the histories long is left out: events tell how long they were. */
async function write(
  bed: WorkflowBed,
  name: string,
  { workflowId, firstExecutionRunId }: Chain,
  which: 'all' | 'last',
): Promise<void> {
  const histories = await chainOfHistories(bed.client, workflowId, firstExecutionRunId)
  for (const [index, history] of histories.entries()) {
    const isLast = index === histories.length - 1
    if (which === 'last' && !isLast) continue
    const isOnly = which === 'last' || histories.length === 1
    const place = isOnly ? name : `${name}-${index + 1}`
    writeHistory(place, history)
    const file = new URL(`../fixtures/histories/${place}.json`, import.meta.url)
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/(?:ZmZm){100,}/g, 'ZmZm'))
  }
}
