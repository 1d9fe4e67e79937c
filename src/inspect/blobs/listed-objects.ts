import { z } from 'zod'
import { landedBatch } from '../../../activities/landing/landed-batch.ts'
import { datasetManifest } from '../../../activities/seal-dataset.ts'
import { ClaimCheckError } from '../../../codec/claim-check-error.ts'
import { isDigest } from '../../../codec/digest.ts'
import type { ObjectKey } from '../../../codec/index.ts'
import type { BlobsPlace } from './blobs-place.ts'
import type { ClaimedFacts } from './open-object.ts'

/** An object to look at: listed by the store, or named by a list and not there. */
export interface ListedObject {
  readonly key: ObjectKey
  readonly storedBytes: number
  /** What a manifest or a list of pages says of it. */
  readonly expected: ClaimedFacts | undefined
  /** The list that names it, where the store has no such object. */
  readonly missingFrom: string | undefined
}

/** What a list says of one of the objects beside it. */
interface Expectation extends ClaimedFacts {
  readonly list: string
}

const listName = /^(?:datasets\/.*\/manifest|landing\/.*\/batch-[^/]*)\.json$/

const definitionName = /^datasets\/.*\/definition\.json$/

const listedInManifest = datasetManifest
  .pick({ parts: true, rejects: true, definition: true })
  .transform(({ parts, rejects = [], definition }) =>
    [...parts, ...rejects, ...(definition === undefined ? [] : [definition])].map(
      ({ key, sizeBytes, sha256 }) => ({ key, sizeBytes, digest: sha256, isOfStored: true }),
    ),
  )
const listedPages = landedBatch
  .pick({ pages: true })
  .transform(({ pages }) =>
    pages.map(({ key, sizeBytes, digest }) => ({ key, sizeBytes, digest, isOfStored: false })),
  )
const anyList = z.union([listedInManifest, listedPages])

/**
 * The objects under some prefixes, each with what the list beside it says of it, and those that such a
 * list names and the store has not. Lists come before what they name: `batch-` before `page-`,
 * `manifest` before `part-` and `rejects-`; only `definition` comes first, and its manifest is asked for
 * it. Holds what the lists of one folder say.
 */
export async function* listObjects(
  place: BlobsPlace,
  prefixes: readonly string[],
): AsyncGenerator<ListedObject, void> {
  for (const prefix of prefixes) {
    const expectations = new Map<string, Expectation>()
    let folder = ''
    for await (const facts of place.store.list(prefix, { signal: place.signal })) {
      const { key } = facts
      if (folderOf(key) !== folder) {
        yield* missing(place, expectations)
        folder = folderOf(key)
      }
      if (listName.test(key)) await expect(place, key, expectations)
      if (definitionName.test(key)) await expectDefinition(place, key, expectations)
      yield {
        key,
        storedBytes: facts.sizeBytes,
        expected: expectations.get(key),
        missingFrom: undefined,
      }
      expectations.delete(key)
    }
    yield* missing(place, expectations)
  }
}

/** What is left was not listed: it may have been put, or the lists deleted, meanwhile. */
async function* missing(
  { store, signal }: BlobsPlace,
  expectations: Map<string, Expectation>,
): AsyncGenerator<ListedObject, void> {
  for (const [name, { list }] of expectations) {
    const key = name as ObjectKey
    if ((await store.head(key, { signal })) !== undefined) continue
    if ((await store.head(list as ObjectKey, { signal })) === undefined) continue
    yield { key, storedBytes: 0, expected: undefined, missingFrom: list }
  }
  expectations.clear()
}

/** A list that cannot be read is found damaged when its own turn comes. */
async function expect(
  { store, signal }: BlobsPlace,
  list: ObjectKey,
  expectations: Map<string, Expectation>,
): Promise<void> {
  for (const { digest, ...facts } of await readList(store, list, signal)) {
    if (folderOf(facts.key) !== folderOf(list) || !isDigest(digest)) continue
    const { key, sizeBytes, isOfStored } = facts
    expectations.set(key, { digest, sizeBytes, isOfStored, list })
  }
}

async function expectDefinition(
  place: BlobsPlace,
  key: ObjectKey,
  expectations: Map<string, Expectation>,
): Promise<void> {
  const named = new Map<string, Expectation>()
  await expect(place, `${folderOf(key)}manifest.json` as ObjectKey, named)
  const expectation = named.get(key)
  if (expectation !== undefined) expectations.set(key, expectation)
}

async function readList(
  store: BlobsPlace['store'],
  key: ObjectKey,
  signal: AbortSignal,
): Promise<z.output<typeof anyList>> {
  try {
    const body = await store.get(key, { signal })
    return anyList.parse(JSON.parse(Buffer.from(body).toString('utf8')))
  } catch (error) {
    if (error instanceof ClaimCheckError && error.code !== 'OBJECT_MISSING') throw error
    return []
  }
}

function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1)
}
