import type { GarbageSource } from './garbage.ts'
import { KeptTally } from './kept-tally.ts'
import type { UnfinishedUploads } from '../../codec/index.ts'

/** No upload takes that long: an activity has hours, and its next attempt begins anew. */
const oldUploadMs = 7 * 86_400_000

/** Others may use the bucket too, and take their time. */
const ownPlaces = /^(?:blobs|values|landing|datasets|audit)\//

/**
 * Uploads in parts that nobody completes any more: their parts cost space and no listing shows them. By
 * age alone, since an upload that goes on is younger; so the grace does not matter.
 */
export function multipartGarbage(uploads: UnfinishedUploads): GarbageSource {
  return async function* ({ now, signal }) {
    const kept = new KeptTally('multipart')
    for await (const { key, uploadId, begunAt } of uploads.list({ signal })) {
      const object = { key, sizeBytes: 0, lastModified: begunAt }
      if (!ownPlaces.test(key)) {
        kept.add('uploads in parts', 'are to places that are not looked after', object)
        continue
      }
      if (now.getTime() - begunAt.getTime() < oldUploadMs) {
        kept.add('uploads in parts', 'may be under way', object)
        continue
      }
      const reason = 'was begun and never completed'
      yield { garbage: { ...object, kind: 'multipart', uploadId, reason } }
    }
    yield* kept.findings()
  }
}
