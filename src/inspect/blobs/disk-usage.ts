import type { BlobsPlace } from './blobs-place.ts'

/** What lies in one folder, as the listing of the store says. */
export interface FolderUsage {
  readonly folder: string
  objects: number
  /** As stored: how many plain bytes they hold, a listing does not say. */
  storedBytes: number
  newestAt: Date
}

/**
 * How much each week of blobs, each namespace's values and each pipeline's landings and datasets take,
 * in the order of their names. One listing of the bucket; no object is asked for itself.
 */
export async function diskUsage(
  { store, signal }: Pick<BlobsPlace, 'store' | 'signal'>,
  onProgress?: (objects: number) => void,
): Promise<FolderUsage[]> {
  const usages = new Map<string, FolderUsage>()
  let objects = 0
  for await (const { key, sizeBytes, lastModified } of store.list('', { signal })) {
    const folder = folderOf(key)
    const usage = usages.get(folder)
    if (usage === undefined) {
      usages.set(folder, { folder, objects: 1, storedBytes: sizeBytes, newestAt: lastModified })
    } else {
      usage.objects += 1
      usage.storedBytes += sizeBytes
      if (lastModified > usage.newestAt) usage.newestAt = lastModified
    }
    objects += 1
    onProgress?.(objects)
  }
  return [...usages.values()].toSorted((left, right) => (left.folder < right.folder ? -1 : 1))
}

const folders = /^(?:blobs\/[^/]+\/\d{4}-W\d\d|(?:values|landing|datasets)\/[^/]+)(?=\/)/

/** By its letters alone: a hundred thousand keys are looked at. */
function folderOf(key: string): string {
  return folders.exec(key)?.[0] ?? 'other'
}
