import assert from 'node:assert/strict'
import type { LoadBed } from '../../support/load-bed.ts'
import { landedPages, requestsByPage, type PageDigest } from '../../support/landed-pages.ts'
import type { WorkerProcess } from '../../support/worker-process.ts'

/**
 * Pages that a fetching worker can lose: three on their way to the store and one that waits for a
 * place there or is being fetched (`uploadsInFlight` of `fetchBatch`, and one).
 */
const pagesInFlight = 4

/** What was known right after a worker was killed. */
export interface Kill {
  readonly landed: ReadonlySet<PageDigest>
  readonly requests: ReadonlyMap<PageDigest, number>
}

/** Ends a worker, if not told otherwise by SIGKILL and with the loss of its local disk. */
export async function killWorker(
  bed: LoadBed,
  worker: WorkerProcess,
  pipeline: string,
  how: 'kill' | 'stop' = 'kill',
): Promise<Kill> {
  await worker[how]()
  const landed = await landedPages(bed.store, pipeline)
  return { landed, requests: requestsByPage(bed.source.stats()) }
}

/** No page that had landed when a worker was killed was asked for after that; few others were. */
export function assertFetchedOnce(bed: LoadBed, kills: readonly Kill[]): void {
  const requests = requestsByPage(bed.source.stats())
  for (const kill of kills) {
    for (const page of kill.landed) {
      assert.equal(requests.get(page), kill.requests.get(page), `${page} was fetched again`)
    }
  }
  const again = [...requests.values()].reduce((sum, times) => sum + times - 1, 0)
  assert.ok(again <= kills.length * pagesInFlight, `${again} pages were fetched again`)
}
