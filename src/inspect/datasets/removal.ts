import { readDatasetFacts, type DatasetFacts } from '../../../activities/retention/dataset-facts.ts'
import {
  listDatasetFolders,
  type DatasetFolder,
} from '../../../activities/retention/dataset-folders.ts'
import {
  loadedLast,
  type DatasetLoads,
  type PartitionRuns,
} from '../../../activities/retention/dataset-use.ts'
import type { GarbageSource } from '../../../activities/retention/garbage.ts'
import { datasetObjects } from '../../../activities/retention/partition-objects.ts'
import { datasetPrefix } from '../../../activities/bucket-layout.ts'
import { CodedError } from '../../../codec/coded-error.ts'
import type { ObjectStore } from '../../../codec/index.ts'

export interface RemovalPorts {
  readonly store: ObjectStore
  readonly runs: () => Promise<PartitionRuns>
  readonly loads: DatasetLoads
}

/**
 * What speaks against the removal of a dataset, in sentences: a run, another dataset or a table that
 * needs it; or that nobody could be asked. Nothing where it may go.
 */
export async function objectionsTo(
  ports: RemovalPorts,
  folder: DatasetFolder,
  signal: AbortSignal,
): Promise<string[]> {
  const { pipeline, partition, datasetId } = folder
  const objections: string[] = []
  const unless = async (what: string, work: () => Promise<string | undefined>): Promise<void> => {
    try {
      const objection = await work()
      if (objection !== undefined) objections.push(objection)
    } catch (error) {
      signal.throwIfAborted()
      const code = error instanceof CodedError ? ` (${error.code})` : ''
      objections.push(`nobody could be asked whether ${what}${code}`)
    }
  }
  const others = await listDatasetFolders(ports.store, { pipeline, partition }, { signal })
  const datasets: DatasetFacts[] = []
  for (const other of others) {
    datasets.push(await readDatasetFacts(ports.store, other, { signal }))
  }
  await unless('a run uses it', async () => {
    const datasetIds = others.map((other) => other.datasetId)
    const runs = await ports.runs()
    const use = await runs.partitionUse({ pipeline, partition, datasetIds, signal })
    return use.kind === 'open' ? `the run ${use.workflowId} of its partition is open` : undefined
  })
  for (const { folder: other, manifest, trouble } of datasets) {
    if (manifest?.partsOf === datasetId) {
      objections.push(`the dataset ${other.datasetId} has its parts`)
    } else if (trouble !== undefined && other.datasetId !== datasetId) {
      objections.push(`the dataset ${other.datasetId} cannot be read and may have its parts`)
    }
  }
  const own = datasets.find((dataset) => dataset.folder.datasetId === datasetId)
  // Its definition says where it was to be loaded. What was never sealed was never loaded.
  if (folder.isSealed && own?.pinned === undefined) {
    objections.push('nobody knows where it was loaded to, as its definition cannot be read')
  }
  await unless('it was loaded last', async () => {
    const asked = datasets.flatMap(({ folder: { datasetId: id }, pinned }) =>
      pinned === undefined ? [] : [{ datasetId: id, target: pinned.definition.target }],
    )
    const loads = await ports.loads.findLoads({ datasets: asked, signal })
    const isLast = loadedLast(loads).has(datasetId)
    return isLast ? 'it is what was loaded last of its partition' : undefined
  })
  return objections
}

/** The objects of a dataset that a person wants to be gone, as long as nothing speaks against it. */
export function removalSource(
  ports: RemovalPorts,
  folder: DatasetFolder,
  { force }: { readonly force: boolean },
): GarbageSource {
  return async function* ({ signal }) {
    const [objection] = force ? [] : await objectionsTo(ports, folder, signal)
    if (objection === undefined) {
      const reason = force ? 'removed by hand, whatever speaks against it' : 'removed by hand'
      for await (const garbage of datasetObjects(ports.store, folder, reason, signal)) {
        yield { garbage }
      }
    } else {
      yield { kept: { kind: 'dataset', subject: datasetPrefix(folder), reason: objection } }
    }
  }
}
