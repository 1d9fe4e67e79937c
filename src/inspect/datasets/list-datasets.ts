import {
  readDatasetFacts,
  isPlanOnly,
  type DatasetFacts,
} from '../../../activities/retention/dataset-facts.ts'
import {
  listDatasetFolders,
  type DatasetFilter,
} from '../../../activities/retention/dataset-folders.ts'
import type { DatasetLoads } from '../../../activities/retention/dataset-use.ts'
import type { DatasetId } from '../../../activities/index.ts'
import { landingPrefix } from '../../../activities/bucket-layout.ts'
import { ordered } from '../../../codec/ordered.ts'
import type { ObjectStore } from '../../../codec/index.ts'
import { findKnownLoads, type KnownLoads } from './find-known-loads.ts'

/** `plan`: made to say what a load would change. `unreadable`: an object of it is not what we write. */
export type DatasetState = 'sealed' | 'unfinished' | 'plan' | 'unreadable'

/** A dataset of the store; null stands for what is not known before it is sealed. */
export interface ListedDataset {
  readonly datasetId: DatasetId
  readonly pipeline: string
  readonly partition: string
  readonly state: DatasetState
  readonly rows: number | null
  readonly rejects: number | null
  readonly parts: number
  /** Of all its objects. */
  readonly sizeBytes: number
  /** When its run began; RFC 3339. */
  readonly createdAt: string
  /** Where it was loaded to, the last load last. */
  readonly loads: 'unknown' | readonly { readonly target: string; readonly loadedAt: string }[]
  /** Where what it was made from lies. */
  readonly landing: string | null
  /** The dataset that it was made of again, or whose parts it has. */
  readonly madeFrom: DatasetId | null
}

export interface ListRequest extends Pick<DatasetFilter, 'pipeline' | 'partition'> {
  /** How many at most. */
  readonly limit: number
  readonly signal: AbortSignal
}

const readsAtOnce = 8

/** The datasets of the store, the newest run first. Only reads. */
export async function listDatasets(
  ports: { readonly store: ObjectStore; readonly loads: DatasetLoads },
  { limit, signal, ...filter }: ListRequest,
): Promise<ListedDataset[]> {
  const folders = await listDatasetFolders(ports.store, filter, { signal })
  const facts = await Array.fromAsync(
    ordered(folders.slice(0, limit), readsAtOnce, (folder) =>
      readDatasetFacts(ports.store, folder, { signal }),
    ),
  )
  const known = await findKnownLoads(
    ports.loads,
    facts.flatMap(({ folder, pinned }) =>
      pinned === undefined
        ? []
        : [{ datasetId: folder.datasetId, target: pinned.definition.target }],
    ),
    signal,
  )
  return facts.map((dataset) => {
    const { folder, pinned, manifest } = dataset
    const { datasetId, pipeline, partition, sizeBytes } = folder
    const landing = pinned?.landing ?? manifest?.landing
    return {
      datasetId,
      pipeline,
      partition,
      state: datasetState(dataset),
      rows: manifest?.rowCount ?? null,
      rejects: manifest?.rejectCount ?? null,
      parts: manifest?.parts.length ?? folder.partCount,
      sizeBytes,
      createdAt: folder.beganAt.toISOString(),
      loads: shownLoads(known.get(datasetId) ?? 'unknown'),
      landing: landing === undefined ? null : landingPrefix({ pipeline, partition, landing }),
      madeFrom: pinned?.reprocessing?.datasetId ?? pinned?.fromLandingOf ?? null,
    }
  })
}

export function datasetState(dataset: DatasetFacts): DatasetState {
  if (dataset.trouble !== undefined) return 'unreadable'
  if (!dataset.folder.isSealed) return 'unfinished'
  return isPlanOnly(dataset) ? 'plan' : 'sealed'
}

/** As people and programs are shown them. */
export function shownLoads(loads: KnownLoads): ListedDataset['loads'] {
  if (loads === 'unknown') return loads
  return loads.map(({ target, loadedAt }) => ({ target, loadedAt: loadedAt.toISOString() }))
}
