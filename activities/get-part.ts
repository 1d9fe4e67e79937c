import { digestOf, type CallOptions, type ObjectKey, type ObjectStore } from '../codec/index.ts'
import { PipelineError } from './pipeline-error.ts'

export interface StoredPart {
  readonly bytes: Uint8Array
  /** As the part says of itself. */
  readonly rowCount: number
}

/**
 * A larger part is staged: while one comes from the store the transaction that publishes it is idle, and the
 * server ends one that is so for a minute.
 */
export const UNSTAGED_PART_BYTES = 16 * 1024 * 1024

/**
 * How many rows a part has, as it says of itself; undefined where it is not there, or too large to be left in
 * the store until it is published.
 */
export async function countSmallPart(
  store: ObjectStore,
  key: ObjectKey,
  options: CallOptions,
): Promise<number | undefined> {
  const head = await store.head(key, options)
  if (head === undefined || head.sizeBytes > UNSTAGED_PART_BYTES) return undefined
  return Number(head.metadata['rows'])
}

/**
 * Reads a part as it was written.
 *
 * @param sealed Its digest in the manifest. @default it is not sealed yet
 * @throws PipelineError OBJECT_DAMAGED, retryable
 */
export async function getPart(
  store: ObjectStore,
  key: ObjectKey,
  options: CallOptions,
  sealed?: string,
): Promise<StoredPart> {
  const head = await store.head(key, options)
  const bytes = await store.get(key, options)
  const digest = await digestOf(bytes)
  if (head?.metadata['sha256'] === digest && (sealed ?? digest) === digest) {
    return { bytes, rowCount: Number(head.metadata['rows']) }
  }
  throw new PipelineError('OBJECT_DAMAGED', 'a part is not what was written', {
    at: { bucket: store.bucket, key },
    remedy: 'Start the run again: the part is made anew from the landing.',
    // A late attempt at the conversion may have written between the two readings.
    retryable: true,
  })
}
