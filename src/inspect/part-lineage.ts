import type { z } from 'zod'
import { landingPrefix } from '../../activities/bucket-layout.ts'
import type { DatasetId } from '../../activities/index.ts'
import { findJson } from '../../activities/json-object.ts'
import { findPartOrigins, type PartOrigins } from '../../activities/landing/part-pages.ts'
import { datasetManifest } from '../../activities/seal-dataset.ts'
import type { ObjectKey, ObjectStore } from '../../codec/index.ts'
import type { FoundLoad } from '../targets/postgres/lineage.ts'

export type Manifest = z.infer<typeof datasetManifest>

/** A part of a published dataset, and where it came from. */
export interface PartLineage {
  readonly datasetId: string
  readonly partNumber: number
  readonly partition: string
  readonly publishedAt: Date
  /** As in `FoundLoad`. */
  readonly madeFrom: string | null
  readonly madeBy: string | null
  /** Null where the manifest is no longer in the store. */
  readonly part: {
    readonly key: string
    readonly sizeBytes: number
    readonly sha256: string
    readonly rowCount: number
    /** Whether the object is in the store. */
    readonly isStored: boolean
  } | null
  readonly landing: {
    readonly prefix: string
    /** Keys of the pages that the part was made from; null where they are not listed (any more). */
    readonly pages: readonly string[] | null
    /** Whether a transform has made the part of all pages together. */
    readonly isWhole: boolean
  } | null
}

/** The manifest that the load was published from; undefined where it is no longer in the store. */
export function findManifest(
  store: ObjectStore,
  { manifestKey }: Pick<FoundLoad, 'manifestKey'>,
): Promise<Manifest | undefined> {
  return findJson(store, manifestKey as ObjectKey, datasetManifest)
}

/** What the manifest and the landing say of some parts of one dataset, by number. Only reads. */
export async function tracePartsOf(
  store: ObjectStore,
  load: FoundLoad,
  manifest: Manifest | undefined,
  partNumbers: ReadonlySet<number>,
): Promise<ReadonlyMap<number, PartLineage>> {
  const { datasetId, partition, publishedAt, madeFrom, madeBy } = load
  const origins = manifest && (await originsOf(store, manifest, partNumbers))
  const traced = new Map<number, PartLineage>()
  for (const partNumber of partNumbers) {
    const part = manifest?.parts.find((listed) => listed.partNumber === partNumber)
    traced.set(partNumber, {
      datasetId,
      partNumber,
      partition,
      publishedAt,
      madeFrom,
      madeBy,
      part: part === undefined ? null : await storedPart(store, part),
      landing: manifest && origins ? landingOf(manifest, origins, partNumber) : null,
    })
  }
  return traced
}

async function storedPart(
  store: ObjectStore,
  { key, sizeBytes, sha256, rowCount }: Manifest['parts'][number],
): Promise<PartLineage['part']> {
  const isStored = (await store.head(key as ObjectKey)) !== undefined
  return { key, sizeBytes, sha256, rowCount, isStored }
}

function originsOf(
  store: ObjectStore,
  { pipeline, partition, datasetId, landing, partsOf = datasetId }: Manifest,
  partNumbers: ReadonlySet<number>,
): Promise<PartOrigins> {
  const run = { pipeline, partition, datasetId: partsOf as DatasetId, landing }
  return findPartOrigins(store, run, partNumbers)
}

function landingOf(
  manifest: Manifest,
  origins: PartOrigins,
  partNumber: number,
): PartLineage['landing'] {
  return {
    prefix: landingPrefix(manifest),
    pages: (origins.kind === 'pages' && origins.pages.get(partNumber)) || null,
    isWhole: origins.kind === 'landing',
  }
}
