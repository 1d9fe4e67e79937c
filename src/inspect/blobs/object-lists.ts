import { z } from 'zod'
import { itemVersion } from '../../../activities/landing/landed-item.ts'
import { landedBatch } from '../../../activities/landing/landed-batch.ts'
import { landedItem } from '../../../activities/landing/read-batch.ts'
import { shortDigest } from '../../../activities/landing/short-digest.ts'
import { datasetManifest } from '../../../activities/seal-dataset.ts'
import { ClaimCheckError } from '../../../codec/claim-check-error.ts'
import { isDigest } from '../../../codec/digest.ts'
import type { ObjectKey } from '../../../codec/index.ts'
import type { BlobsPlace } from './blobs-place.ts'
import type { ClaimedFacts } from './open-object.ts'

/** An object that a list names. */
export interface NamedObject {
  readonly key: ObjectKey
  /** What the list says of its bytes; undefined where it says nothing. */
  readonly facts: ClaimedFacts | undefined
}

type ReadNames = (value: unknown, list: string) => NamedObject[] | Promise<NamedObject[]>

const manifest = datasetManifest.pick({ parts: true, rejects: true, definition: true })
const pages = landedBatch.pick({ pages: true })
const batches = landedItem.pick({ batchKeys: true })
const items = z.object({ pageKeys: z.array(z.string()) })

/** The objects that name others, by their names, and how they do it. */
const kinds: readonly (readonly [RegExp, ReadNames])[] = [
  [
    /^datasets\/.*\/manifest\.json$/,
    (value) => {
      const { parts, rejects = [], definition } = manifest.parse(value)
      return [...parts, ...rejects, ...(definition === undefined ? [] : [definition])].map(
        ({ key, sizeBytes, sha256 }) => named(key, sha256, { sizeBytes, isOfStored: true }),
      )
    },
  ],
  [
    /\/batch-[^/]*\.json$/,
    (value) =>
      pages
        .parse(value)
        .pages.map(({ key, sizeBytes, digest }) => named(key, digest, { sizeBytes })),
  ],
  [/\/item-[^/]*\/[^/]*\/batches\.json$/, (value) => batches.parse(value).batchKeys.map(unsaid)],
  [/^datasets\/.*\/items\.json$/, (value) => items.parse(value).pageKeys.map(unsaid)],
  [
    /^landing\/.*\/item-[^/]*\/landed\.json$/,
    async (value, list) => {
      const { version } = itemVersion.parse(value)
      return [unsaid(`${folderOf(list)}${await shortDigest(version)}/batches.json`)]
    },
  ],
]

/** Whether an object of landings and datasets names others. */
export function isObjectList(key: string): boolean {
  return /^(?:landing|datasets)\//.test(key) && kinds.some(([name]) => name.test(key))
}

/** What a list names; nothing where it cannot be read, which is found when its own turn comes. */
export async function namesIn(
  { store, signal }: Pick<BlobsPlace, 'store' | 'signal'>,
  list: ObjectKey,
): Promise<readonly NamedObject[]> {
  const [, read] = kinds.find(([name]) => name.test(list)) ?? []
  if (read === undefined) return []
  try {
    const body = await store.get(list, { signal })
    return await read(JSON.parse(Buffer.from(body).toString('utf8')), list)
  } catch (error) {
    if (error instanceof ClaimCheckError && error.code !== 'OBJECT_MISSING') throw error
    return []
  }
}

/** With the slash at its end. */
export function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1)
}

function named(key: string, digest: string, facts: Omit<ClaimedFacts, 'digest'>): NamedObject {
  return { key: key as ObjectKey, facts: isDigest(digest) ? { ...facts, digest } : undefined }
}

function unsaid(key: string): NamedObject {
  return { key: key as ObjectKey, facts: undefined }
}
