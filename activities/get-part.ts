import { digestOf, type CallOptions, type ObjectKey, type ObjectStore } from '../codec/index.ts'
import { PipelineError } from './pipeline-error.ts'

export interface StoredPart {
  readonly bytes: Uint8Array
  /** As the part says of itself. */
  readonly rowCount: number
}

/** How many rows a part has, as it says of itself. */
export async function countPart(
  store: ObjectStore,
  key: ObjectKey,
  options: CallOptions,
): Promise<number | undefined> {
  const head = await store.head(key, options)
  return head && Number(head.metadata['rows'])
}

/**
 * Reads a part as it was written.
 *
 * @throws PipelineError OBJECT_DAMAGED, retryable
 */
export async function getPart(
  store: ObjectStore,
  key: ObjectKey,
  options: CallOptions,
): Promise<StoredPart> {
  const head = await store.head(key, options)
  const bytes = await store.get(key, options)
  if (head?.metadata['sha256'] === (await digestOf(bytes))) {
    return { bytes, rowCount: Number(head.metadata['rows']) }
  }
  throw new PipelineError('OBJECT_DAMAGED', 'a part is not what was written', {
    at: { bucket: store.bucket, key },
    remedy: 'Start the run again: the part is made anew from the landing.',
    // A late attempt at the conversion may have written between the two readings.
    retryable: true,
  })
}
