import type { CallOptions, ObjectStore } from '../codec/index.ts'
import type { DatasetId } from './load-target.ts'
import { findPinnedRun } from './pinned-run.ts'

export interface FoundDataset {
  readonly datasetId: DatasetId
  /** RFC 3339; when the client asked for its run. */
  readonly requestedAt: string
  /** Whether it is complete: it has its manifest. */
  readonly isSealed: boolean
}

/**
 * The datasets that runs of a pipeline made of a partition, published or not, oldest first. What is there
 * for the time of a plan is none of them.
 */
export async function findDatasets(
  store: ObjectStore,
  { pipeline, partition }: { readonly pipeline: string; readonly partition: string },
  options: CallOptions = {},
): Promise<FoundDataset[]> {
  const ids: DatasetId[] = []
  const sealed = new Set<string>()
  const prefix = `datasets/${pipeline}/${partition}/`
  for await (const { key } of store.list(prefix, options)) {
    const [, id = '', kind] = /\/([0-9a-f-]{36})\/(definition|manifest)\.json$/.exec(key) ?? []
    if (kind === 'definition') ids.push(id as DatasetId)
    if (kind === 'manifest') sealed.add(id)
  }
  const found: FoundDataset[] = []
  for (const datasetId of ids) {
    const place = { pipeline, partition, datasetId }
    const pinned = await findPinnedRun(store, place, options)
    // Plans go away while others look.
    if (pinned === undefined || pinned.reprocessing?.plan === true) continue
    found.push({ datasetId, requestedAt: pinned.requestedAt, isSealed: sealed.has(datasetId) })
  }
  return found.toSorted((left, right) => (left.requestedAt < right.requestedAt ? -1 : 1))
}
