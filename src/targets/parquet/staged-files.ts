import { ConcurrencyLimit } from '../../../codec/concurrency-limit.ts'
import type { ObjectKey } from '../../../codec/index.ts'
import { stagedPart, type LoadedFile } from './load-manifest.ts'
import type { PublishRequest } from './parquet-requests.ts'
import type { TargetBucket } from './target-bucket.ts'
import { dataFolder, stagedKey } from './target-layout.ts'

const readsAtOnce = 16

export interface StagedFiles {
  /** In the order of the parts. */
  readonly files: readonly LoadedFile[]
  /** What has been staged of these is gone, or was never all there. */
  readonly missingParts: readonly number[]
}

/**
 * The files of a dataset, each of them in the store with the size that it was written with. What is left
 * of a part that is not whole is removed, so that it is staged anew.
 */
export async function findStagedFiles(
  bucket: TargetBucket,
  { target, datasetId, parts, signal }: PublishRequest,
): Promise<StagedFiles> {
  const sizes = new Map<string, number>()
  for await (const { key, sizeBytes } of bucket.list(dataFolder(target, datasetId))) {
    sizes.set(key, sizeBytes)
  }
  const reads = new ConcurrencyLimit(readsAtOnce)
  const found = await Promise.all(
    parts.map((part) =>
      reads.run(async () => {
        const key = stagedKey(target, datasetId, part.partNumber)
        const staged = (await bucket.findJson(key, stagedPart))?.value
        if (staged === undefined) return { ...part, files: undefined }
        const damaged = staged.files.filter((file) => sizes.get(file.key) !== file.sizeBytes)
        const isWhole = damaged.length === 0 && rowsOf(staged.files) === part.rowCount
        if (isWhole) return { ...part, files: staged.files }
        // The keys are those that were read: the brand marks no more than that.
        await bucket.delete(key, ...staged.files.map((file) => file.key as ObjectKey))
        return { ...part, files: undefined }
      }, signal),
    ),
  )
  return {
    files: found.flatMap(({ files = [] }) => files),
    missingParts: found.flatMap(({ partNumber, files }) => (files === undefined ? partNumber : [])),
  }
}

function rowsOf(files: readonly LoadedFile[]): number {
  return files.reduce((sum, { rowCount }) => sum + rowCount, 0)
}
