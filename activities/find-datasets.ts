import type { CallOptions, ObjectStore } from '../codec/index.ts'
import type { DatasetId } from './load-target.ts'
import { readPinnedRun } from './pinned-run.ts'

export interface FoundDataset {
  readonly datasetId: DatasetId
  /** RFC 3339; when the client asked for its run. */
  readonly requestedAt: string
}

/** The datasets that runs of a pipeline made of a partition, published or not, oldest first. */
export async function findDatasets(
  store: ObjectStore,
  { pipeline, partition }: { readonly pipeline: string; readonly partition: string },
  options: CallOptions = {},
): Promise<FoundDataset[]> {
  const found: FoundDataset[] = []
  const prefix = `datasets/${pipeline}/${partition}/`
  for await (const { key } of store.list(prefix, options)) {
    const [, id] = /\/([0-9a-f-]{36})\/definition\.json$/.exec(key) ?? []
    if (id === undefined) continue
    const datasetId = id as DatasetId
    const { requestedAt } = await readPinnedRun(store, { pipeline, partition, datasetId }, options)
    found.push({ datasetId, requestedAt })
  }
  return found.toSorted((left, right) => (left.requestedAt < right.requestedAt ? -1 : 1))
}
