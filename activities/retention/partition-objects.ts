import type { ObjectFacts, ObjectStore } from '../../codec/index.ts'
import { datasetPrefix, landingPrefix } from '../bucket-layout.ts'
import type { DatasetFacts } from './dataset-facts.ts'
import type { DatasetFolder } from './dataset-folders.ts'
import { ageDays } from './dataset-rule.ts'
import type { Garbage } from './garbage.ts'
import type { LandingFolder } from './landing-folders.ts'
import { undecided } from './undecided.ts'

/**
 * The objects of a dataset that goes. What says that it is complete comes first, and what tells of its run
 * last: half of a dataset is none that anything takes for a whole.
 *
 * @throws PipelineError GARBAGE_UNDECIDED where a listing that was cut short has made it look unfinished
 */
export async function* datasetObjects(
  store: ObjectStore,
  folder: Pick<DatasetFolder, 'pipeline' | 'partition' | 'datasetId' | 'isSealed'>,
  reason: string,
  signal: AbortSignal,
): AsyncGenerator<Garbage> {
  const prefix = datasetPrefix(folder)
  const rank = ({ key }: ObjectFacts): number =>
    ['manifest.json', undefined, 'definition.json'].indexOf(
      /^(?:manifest|definition)\.json$/.exec(key.slice(prefix.length))?.[0],
    )
  const objects: ObjectFacts[] = []
  for await (const object of store.list(prefix, { signal })) objects.push(object)
  if (!folder.isSealed && objects.some((object) => rank(object) === 0)) {
    throw undecided(`${prefix} was listed as not sealed and is`)
  }
  for (const object of objects.toSorted((one, other) => rank(one) - rank(other))) {
    yield { kind: 'dataset', ...object, reason }
  }
}

/**
 * The objects of a landing that goes: the lists of pages before the pages, so that what is left is never
 * taken for whole. What says which landing is the newest stays: a number is not given twice.
 */
export async function* landingObjects(
  store: ObjectStore,
  folder: LandingFolder,
  reason: string,
  signal: AbortSignal,
): AsyncGenerator<Garbage> {
  for (const isPage of [false, true]) {
    for await (const object of store.list(landingPrefix({ ...folder, landing: folder }), {
      signal,
    })) {
      const name = object.key.slice(object.key.lastIndexOf('/') + 1)
      if (/^(page-|file\.)/.test(name) === isPage) yield { kind: 'landing', ...object, reason }
    }
  }
}

/** Parts that attempts at a transform have left in a sealed dataset, whose manifest names others. */
export async function* needlessParts(
  store: ObjectStore,
  { folder, manifest }: DatasetFacts,
  {
    days,
    now,
    signal,
  }: { readonly days: number; readonly now: Date; readonly signal: AbortSignal },
): AsyncGenerator<Garbage> {
  // Another dataset may have the parts of this one, but then those that its manifest names.
  const named = new Set(manifest?.parts.map(({ key }) => key))
  if (manifest === undefined || folder.partCount <= named.size) return
  const prefix = datasetPrefix(folder)
  for await (const object of store.list(`${prefix}part-`, { signal })) {
    const isOfTransform = /^part-[0-9a-f]{8}-\d+\.parquet$/.test(object.key.slice(prefix.length))
    const age = ageDays(object.lastModified, now)
    if (!isOfTransform || named.has(object.key) || age < Math.max(days, 1)) continue
    const reason = `an attempt at the transform left it ${age} days ago; the manifest names other parts`
    yield { kind: 'dataset', ...object, reason }
  }
}
