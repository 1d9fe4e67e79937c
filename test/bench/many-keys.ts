import { createHash } from 'node:crypto'
import { batchKey, pageKey, partKey } from '../../activities/bucket-layout.ts'
import type { DatasetId } from '../../activities/index.ts'
import { blobKey, generationOf, type Digest } from '../../codec/index.ts'
import { valueKey } from '../../codec/value-key.ts'

export interface ListedKey {
  readonly key: string
  readonly sizeBytes: number
}

const dayMs = 86_400_000
const firstWeek = Date.UTC(2025, 0, 6)
const weeks = 52

/**
 * The keys of a bucket as a year leaves it, in the order of their bytes: of ten objects six are blobs,
 * one a value, two are of landings and one is a part. The same for the same number.
 */
export function manyKeys(count: number): ListedKey[] {
  const keys = Array.from({ length: count }, (_, index) => ({
    key: keyOf(index),
    sizeBytes: 200 + ((index * 7919) % 100_000),
  }))
  return keys.toSorted((left, right) =>
    Buffer.compare(Buffer.from(left.key), Buffer.from(right.key)),
  )
}

function keyOf(index: number): string {
  const kind = index % 10
  const digest = createHash('sha256').update(String(index)).digest('hex') as Digest
  const week = new Date(firstWeek + (index % weeks) * 7 * dayMs)
  if (kind < 6) return blobKey({ namespace: 'default', generation: generationOf(week), digest })
  const owner = { namespace: 'default', workflowId: `etl/p-${index % 20}`, runId: `run-${index}` }
  if (kind === 6) return valueKey(owner, digest)
  const run = {
    pipeline: `p-${index % 20}`,
    partition: week.toISOString().slice(0, 10),
    datasetId: `00000000-0000-4000-8000-${String(index % 1000).padStart(12, '0')}` as DatasetId,
    landing: { fetchKey: digest.slice(0, 16), sequence: 0 },
  }
  const at = { pageNumber: index, cursorDigest: digest.slice(0, 16) }
  if (kind === 7) return pageKey(run, at, 'json')
  return kind === 8 ? batchKey(run, at) : partKey(run, index)
}
