import type { ObjectKey } from '../../../codec/index.ts'
import { ordered } from '../../../codec/ordered.ts'
import type { BlobsPlace } from './blobs-place.ts'
import { folderOf, isObjectList, namesIn } from './object-lists.ts'
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

/** What a list says of an object that it names. */
interface Expectation {
  readonly facts: ClaimedFacts | undefined
  readonly list: string
}

/** By key. */
type Expectations = Map<string, Expectation>

const asksAtOnce = 8

const definitionName = /^datasets\/.*\/definition\.json$/

/**
 * The objects under some prefixes, each with what the list beside it says of it, and those that a list names
 * and the store has not. Lists come before what they name: `batch-` before `page-`, `manifest` before `part-`
 * and `rejects-`; only `definition` comes first, and its manifest is asked for it, and of an item the lists
 * of its batches, which are kept in mind. Holds what the lists of one folder say; what lies in another
 * folder is asked for at once.
 */
export async function* listObjects(
  place: BlobsPlace,
  prefixes: readonly string[],
): AsyncGenerator<ListedObject, void> {
  for (const prefix of prefixes) {
    const beside: Expectations = new Map()
    const listsOfItem = new Set<string>()
    let [folder, item] = ['', '']
    for await (const { key, sizeBytes } of place.store.list(prefix, { signal: place.signal })) {
      if (folderOf(key) !== folder) {
        yield* missing(place, beside)
        beside.clear()
        folder = folderOf(key)
      }
      if (itemOf(key) !== item) {
        listsOfItem.clear()
        item = itemOf(key)
      }
      if (isObjectList(key)) {
        const elsewhere: Expectations = new Map()
        for (const { key: name, facts } of await namesIn(place, key)) {
          if (listsOfItem.has(name)) continue
          const expectations = folderOf(name) === folder ? beside : elsewhere
          expectations.set(name, { facts, list: key })
        }
        if (item !== '') listsOfItem.add(key)
        yield* missing(place, elsewhere)
      }
      if (definitionName.test(key)) await expectDefinition(place, key, beside)
      const expected = beside.get(key)?.facts
      yield { key, storedBytes: sizeBytes, expected, missingFrom: undefined }
      beside.delete(key)
    }
    yield* missing(place, beside)
  }
}

/**
 * What of it is not there. It was not listed, and may have been put, or the lists deleted, meanwhile. A
 * dataset outlives its landing: where nothing, or no list, of that is left, its pages are not missed.
 */
async function* missing(
  place: BlobsPlace,
  expectations: Expectations,
): AsyncGenerator<ListedObject, void> {
  const { store, signal } = place
  const landings = new Map<string, Promise<boolean>>()
  const isNeedless = async (name: string, list: string): Promise<boolean> => {
    const [landing] = /^landing(?:\/[^/]+){4}\//.exec(name) ?? []
    if (landing === undefined || list.startsWith(landing)) return false
    const known = landings.get(landing) ?? isWithoutLists(place, landing)
    landings.set(landing, known)
    return known
  }
  const asked = ordered(expectations, asksAtOnce, async ([name, { list }]) => {
    const key = name as ObjectKey
    if (await isNeedless(name, list)) return []
    if ((await store.head(key, { signal })) !== undefined) return []
    if ((await store.head(list as ObjectKey, { signal })) === undefined) return []
    return [{ key, storedBytes: 0, expected: undefined, missingFrom: list }]
  })
  for await (const found of asked) yield* found
}

/** As of a landing that retention has taken, or is about to: that takes lists first. */
async function isWithoutLists({ store, signal }: BlobsPlace, landing: string): Promise<boolean> {
  for await (const { key } of store.list(landing, { signal })) {
    if (!/^(?:page-|file\.)/.test(key.slice(folderOf(key).length))) return false
  }
  return true
}

async function expectDefinition(
  place: BlobsPlace,
  key: ObjectKey,
  expectations: Expectations,
): Promise<void> {
  const list = `${folderOf(key)}manifest.json` as ObjectKey
  const found = (await namesIn(place, list)).find((named) => named.key === key)
  if (found !== undefined) expectations.set(key, { facts: found.facts, list })
}

/** The folder of an item's versions; empty for what is of no item. */
function itemOf(key: string): string {
  return /^.*\/item-[^/]+\//.exec(key)?.[0] ?? ''
}
