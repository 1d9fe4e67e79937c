import type { DatasetId } from '../../../activities/index.ts'
import type {
  DatasetLoad,
  DatasetLoads,
  LoadedDataset,
} from '../../../activities/retention/dataset-use.ts'
import { CodedError } from '../../../codec/coded-error.ts'

/** Where a dataset was loaded to; unknown where nobody could be asked who knows. */
export type KnownLoads = readonly DatasetLoad[] | 'unknown'

/** The loads of each dataset, of as many as can be told: a database that is away hides no files. */
export async function findKnownLoads(
  loads: DatasetLoads,
  datasets: readonly LoadedDataset[],
  signal: AbortSignal,
): Promise<ReadonlyMap<DatasetId, KnownLoads>> {
  const known = new Map<DatasetId, KnownLoads>()
  // Each place is asked by itself.
  const places = Map.groupBy(datasets, ({ target }) =>
    target.kind === 'postgres' ? 'postgres' : JSON.stringify([target.bucket, target.s3 ?? null]),
  )
  for (const asked of places.values()) {
    const found = await findOrNot(loads, asked, signal)
    for (const { datasetId } of asked) {
      const own = found?.filter((load) => load.datasetId === datasetId)
      known.set(datasetId, own ?? 'unknown')
    }
  }
  return known
}

async function findOrNot(
  loads: DatasetLoads,
  datasets: readonly LoadedDataset[],
  signal: AbortSignal,
): Promise<readonly DatasetLoad[] | undefined> {
  try {
    return await loads.findLoads({ datasets, signal })
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof CodedError) return undefined
    throw error
  }
}
