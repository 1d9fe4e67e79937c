import { escapeKeySegment } from '../../../codec/key-segment.ts'
import { parseBlobKey } from '../../../codec/blob-key.ts'
import type { Digest, Generation } from '../../../codec/index.ts'
import type { BlobsPlace } from './blobs-place.ts'

export interface ListedBlob {
  readonly key: string
  readonly digest: Digest
  readonly generation: Generation
  /** Of the envelope: the listing of a store says no more. */
  readonly storedBytes: number
  readonly modifiedAt: Date
}

export interface BlobsFilter {
  readonly generation?: Generation | undefined
  /** How the digest begins. */
  readonly digestPrefix?: string | undefined
  readonly largerThanBytes?: number | undefined
}

/** Behind every digest, which are of 0-9 and a-f. */
const behindDigests = 'g'

/**
 * The blobs of the namespace, the oldest week first, as the store lists them page after page.
 *
 * @param onListed Hears of each object that the store has listed, wanted or not.
 */
export async function* listBlobs(
  place: BlobsPlace,
  filter: BlobsFilter = {},
  onListed: () => void = () => undefined,
): AsyncGenerator<ListedBlob, void> {
  const { generation, digestPrefix, largerThanBytes = -1 } = filter
  // By the beginning of a digest each week is asked for by itself, so that nothing else is listed.
  const isByWeek = generation === undefined && digestPrefix !== undefined
  const weeks = isByWeek ? listGenerations(place) : [generation]
  const { store, signal } = place
  for await (const week of weeks) {
    const folder = week === undefined ? '' : `${week}/${digestPrefix ?? ''}`
    for await (const facts of store.list(`${folderOf(place)}${folder}`, { signal })) {
      onListed()
      const blob = parseBlobKey(facts.key)
      if (blob === undefined || facts.sizeBytes <= largerThanBytes) continue
      const { digest, generation: found } = blob
      const { key, sizeBytes: storedBytes, lastModified: modifiedAt } = facts
      yield { key, digest, generation: found, storedBytes, modifiedAt }
    }
  }
}

/** The weeks that the namespace has blobs of, the oldest first; one request each. */
export async function* listGenerations({
  store,
  signal,
  ...place
}: BlobsPlace): AsyncGenerator<Generation, void> {
  const prefix = folderOf(place)
  let startAfter: string | undefined = prefix
  while (startAfter !== undefined) {
    const after: string = startAfter
    startAfter = undefined
    for await (const { key } of store.list(prefix, { signal, startAfter: after })) {
      const blob = parseBlobKey(key)
      if (blob === undefined) continue
      yield blob.generation
      startAfter = `${prefix}${blob.generation}/${behindDigests}`
      break
    }
  }
}

function folderOf({ namespace }: Pick<BlobsPlace, 'namespace'>): string {
  return `blobs/${escapeKeySegment(namespace)}/`
}
