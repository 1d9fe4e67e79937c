import { escapeKeySegment } from '../../../codec/key-segment.ts'
import { BlobsError } from './blobs-error.ts'
import type { BlobsPlace } from './blobs-place.ts'
import { listGenerations } from './list-blobs.ts'

const folders = /^(blobs|values|landing|datasets)(\/|$)/

/**
 * The beginnings of keys that a person means: keys as they are, folders, and digests, which begin so in
 * any week. None begins as another one does.
 *
 * @throws BlobsError BLOB_NAME_INVALID
 */
export async function keyPrefixes(place: BlobsPlace, texts: readonly string[]): Promise<string[]> {
  const prefixes: string[] = []
  for (const text of texts) {
    if (folders.test(text)) prefixes.push(text.includes('/') ? text : `${text}/`)
    else if (/^[0-9a-f]{1,64}$/i.test(text)) {
      for await (const generation of listGenerations(place)) {
        const folder = `blobs/${escapeKeySegment(place.namespace)}/${generation}`
        prefixes.push(`${folder}/${text.toLowerCase()}`)
      }
    } else {
      throw new BlobsError('BLOB_NAME_INVALID', 'That is no beginning of a key or a digest', {
        remedy:
          'Give digits of a digest, or a key that begins with blobs, values, landing or datasets.',
      })
    }
  }
  return withoutInner([...new Set(prefixes)])
}

/** What begins as another one does is listed with it, and would be counted twice. */
function withoutInner(prefixes: readonly string[]): string[] {
  return prefixes.filter(
    (prefix) => !prefixes.some((other) => other !== prefix && prefix.startsWith(other)),
  )
}
