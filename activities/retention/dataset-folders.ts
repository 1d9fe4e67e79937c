import type { CallOptions, ObjectStore } from '../../codec/index.ts'
import type { DatasetId } from '../load-target.ts'

/** What a listing tells of a dataset. */
export interface DatasetFolder {
  readonly pipeline: string
  readonly partition: string
  readonly datasetId: DatasetId
  /** When its run began: the definition, which is written once; its first object where there is none. */
  readonly beganAt: Date
  /** When its newest object was written. */
  readonly changedAt: Date
  /** Of all its objects. */
  readonly sizeBytes: number
  readonly objectCount: number
  readonly partCount: number
  /** Whether its run has come as far as to be pinned. */
  readonly hasDefinition: boolean
  readonly isSealed: boolean
}

export interface DatasetFilter {
  readonly pipeline?: string | undefined
  readonly partition?: string | undefined
  readonly datasetId?: DatasetId | undefined
}

const datasetObject =
  /^datasets\/([^/]+)\/([^/]+)\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/(.+)$/

/** All datasets that have objects in the store, as one listing has them, the newest run first. */
export async function listDatasetFolders(
  store: ObjectStore,
  { pipeline, partition, datasetId }: DatasetFilter,
  options: CallOptions = {},
): Promise<DatasetFolder[]> {
  const found = new Map<string, FolderSum>()
  // A name ends where its folder does: `flights` is not the beginning of `flights-2` here.
  const names = partition === undefined ? [pipeline] : [pipeline, partition, datasetId]
  const known = names.slice(0, names.includes(undefined) ? names.indexOf(undefined) : undefined)
  const prefix = ['datasets', ...known, ''].join('/')
  for await (const { key, sizeBytes, lastModified } of store.list(prefix, options)) {
    const [, inPipeline = '', inPartition = '', id, name = ''] = datasetObject.exec(key) ?? []
    if (id === undefined) continue
    if (partition !== undefined && inPartition !== partition) continue
    if (datasetId !== undefined && id !== datasetId) continue
    const folder = `${inPipeline}/${inPartition}/${id}`
    const sum = found.get(folder) ?? new FolderSum(inPipeline, inPartition, id as DatasetId)
    found.set(folder, sum)
    sum.add(name, sizeBytes, lastModified)
  }
  return [...found.values()]
    .map((sum) => sum.folder())
    .toSorted(
      (one, other) =>
        other.beganAt.getTime() - one.beganAt.getTime() ||
        (one.datasetId < other.datasetId ? -1 : 1),
    )
}

/** Adds up the objects of a dataset, in whatever order they come. */
class FolderSum {
  readonly #place: Pick<DatasetFolder, 'pipeline' | 'partition' | 'datasetId'>
  #definedAt: Date | undefined
  #first = new Date(8.64e15)
  #last = new Date(0)
  #sizeBytes = 0
  #objectCount = 0
  #partCount = 0
  #isSealed = false

  constructor(pipeline: string, partition: string, datasetId: DatasetId) {
    this.#place = { pipeline, partition, datasetId }
  }

  add(name: string, sizeBytes: number, lastModified: Date): void {
    this.#sizeBytes += sizeBytes
    this.#objectCount += 1
    if (name === 'definition.json') this.#definedAt = lastModified
    if (name === 'manifest.json') this.#isSealed = true
    if (/^part-[^/]*\.parquet$/.test(name)) this.#partCount += 1
    if (lastModified < this.#first) this.#first = lastModified
    if (lastModified > this.#last) this.#last = lastModified
  }

  folder(): DatasetFolder {
    return {
      ...this.#place,
      beganAt: this.#definedAt ?? this.#first,
      changedAt: this.#last,
      sizeBytes: this.#sizeBytes,
      objectCount: this.#objectCount,
      partCount: this.#partCount,
      hasDefinition: this.#definedAt !== undefined,
      isSealed: this.#isSealed,
    }
  }
}
