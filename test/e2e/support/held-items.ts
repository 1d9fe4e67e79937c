import { setTimeout as sleep } from 'node:timers/promises'
import { Context } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import type { WorkflowBed } from './workflow-bed.ts'

const sums = { pages: 1, pagesFound: 0, sourceBytes: 1, storedBytes: 1 }

/** What landing an item of one batch answers. */
export const landedItem = { ...sums, landedKey: 'k', batches: 1 }

/** Each item's command has so much to say that a run of the load has room for a few only. */
export function fewItemsPerRun(bed: WorkflowBed, pipeline: string): void {
  const landing = { fetchKey: 'f'.repeat(120_000), sequence: 1 }
  bed.instead.prepareLoad = async ({ datasetId }: { readonly datasetId: string }) => ({
    run: { pipeline, partition: 'x', datasetId, landing },
    storedBytes: 0,
  })
}

/** Lands some items when they are released, and the others at once. */
export function holdItems(bed: WorkflowBed, ...held: readonly number[]) {
  const gates = new Map(held.map((item) => [item, Promise.withResolvers<typeof landedItem>()]))
  bed.instead.landItem = async ({ item }: { readonly item: number }) => {
    const gate = gates.get(item)
    if (gate === undefined) return landedItem
    return beating(() => Promise.race([gate.promise, Context.current().cancelled]))
  }
  return {
    release: (item: number) => gates.get(item)?.resolve(landedItem),
    fail(item: number) {
      const details = [{ remedy: 'Send it again.' }]
      const told = { type: 'SOURCE_MALFORMED', message: 'the file is cut off', details }
      gates.get(item)?.reject(ApplicationFailure.create({ ...told, nonRetryable: true }))
    },
  }
}

/** Of an activity: waits to be cancelled, and then takes its time to end. */
export function untilCancelled(): Promise<unknown> {
  return beating(async () => {
    try {
      return await Context.current().cancelled
    } finally {
      await sleep(500)
    }
  })
}

async function beating<T>(work: () => Promise<T>): Promise<T> {
  const beats = setInterval(() => Context.current().heartbeat(), 100)
  try {
    return await work()
  } finally {
    clearInterval(beats)
  }
}
