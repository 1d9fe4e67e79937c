import {
  convertedPartPrefix,
  definitionKey,
  manifestKey,
  type DatasetPlace,
} from '../../../activities/bucket-layout.ts'
import { listParts } from '../../../activities/download-parts.ts'
import { findPinnedRun } from '../../../activities/pinned-run.ts'
import {
  listDatasetFolders,
  type DatasetFolder,
} from '../../../activities/retention/dataset-folders.ts'
import type { SealedPart } from '../../../activities/reprocess/sealed-part.ts'
import type { PinnedRun } from '../../../activities/run-reference.ts'
import type { DatasetManifest } from '../../../activities/reprocess/sealed-dataset.ts'
import type { DatasetId } from '../../../activities/index.ts'
import { CodedError } from '../../../codec/coded-error.ts'
import { digestOf } from '../../../codec/digest.ts'
import type { ObjectKey, ObjectStore } from '../../../codec/index.ts'
import { checkDefinition, sealedDefinitionProblem } from './check-definition.ts'
import type { CheckedLanding, LandingPlace } from './check-landing.ts'
import { manifestProblems, parseManifest } from './check-manifest.ts'
import { checkOrigins } from './check-origins.ts'
import { checkPart, parquetProblem, recordCounts, type RecordCounts } from './check-part.ts'
import { checkRejects } from './check-rejects.ts'
import { checkRest } from './check-rest.ts'
import type { KnownLoads } from './find-known-loads.ts'
import { ifReadable } from './if-readable.ts'
import { storedParts } from './stored-parts.ts'

/** An object of a dataset that is not what was written, or not there. */
export interface DatasetDamage {
  readonly key: string
  readonly problem: string
}

export interface VerifiedDataset {
  readonly datasetId: DatasetId
  readonly pipeline: string
  readonly partition: string
  readonly state: 'sealed' | 'unfinished'
  readonly verdict: 'intact' | 'damaged'
  readonly parts: number
  readonly damage: readonly DatasetDamage[]
}

export interface VerifyDatasetRequest {
  readonly folder: DatasetFolder
  /** Of a dataset that is not sealed: one that was loaded must have been. */
  readonly loads: () => Promise<KnownLoads>
  /** Where what it was made from is to be looked at too. */
  readonly landing?: ((place: LandingPlace) => Promise<CheckedLanding>) | undefined
  /** Hears of each part that was read. */
  readonly onPart?: (done: number, all: number) => void
  readonly signal: AbortSignal
}

/** Looks at a dataset that a run seals, or that is deleted, meanwhile. */
const mostLooks = 3

/**
 * Reads all that a dataset consists of, and says what is not as it was written: each part by length,
 * digest, rows and as Parquet, what was set aside by its lines, the manifest and the definition by what
 * the other objects say, all else by the digest beside it; and what is named and not there. Only reads, one
 * part in memory at a time. What looks damaged and has changed since it was listed is looked at again, as
 * it is by then; undefined where it is gone.
 */
export async function verifyDataset(
  store: ObjectStore,
  request: VerifyDatasetRequest,
): Promise<VerifiedDataset | undefined> {
  let { folder } = request
  for (let look = 1; ; look += 1) {
    const verified = await verifyOrMiss(store, { ...request, folder }, look === mostLooks)
    if (verified?.verdict === 'intact') return verified
    const { signal } = request
    const [now] = await listDatasetFolders(store, placeOf(folder), { signal })
    if (now === undefined) return undefined
    const isFinal = look === mostLooks || isSame(folder, now)
    if (verified !== undefined && isFinal) return verified
    folder = now
  }
}

function placeOf({ pipeline, partition, datasetId }: DatasetFolder) {
  return { pipeline, partition, datasetId }
}

function isSame(one: DatasetFolder, other: DatasetFolder): boolean {
  return (
    one.isSealed === other.isSealed &&
    one.objectCount === other.objectCount &&
    one.changedAt.getTime() === other.changedAt.getTime()
  )
}

/** Undefined where an object of it was deleted between listing and reading, unless that has to be said. */
async function verifyOrMiss(
  store: ObjectStore,
  request: VerifyDatasetRequest,
  isLast: boolean,
): Promise<VerifiedDataset | undefined> {
  try {
    return await verifyOnce(store, request)
  } catch (error) {
    if (!isLast && error instanceof CodedError && error.code === 'OBJECT_MISSING') return undefined
    throw error
  }
}

async function verifyOnce(
  store: ObjectStore,
  request: VerifyDatasetRequest,
): Promise<VerifiedDataset> {
  const { folder } = request
  const { datasetId, pipeline, partition } = folder
  const { parts, ...found } = folder.isSealed
    ? await verifySealed(store, request)
    : await verifyUnfinished(store, request)
  const damage = [...found.damage]
  const told = new Set(damage.map(({ key }) => key))
  const rest = await checkRest(store, folder, request.signal)
  for (const one of [...rest, ...(await originDamage(store, request, found))]) {
    // Several lists may name an object.
    if (!told.has(one.key)) damage.push(one)
    told.add(one.key)
  }
  return {
    datasetId,
    pipeline,
    partition,
    state: folder.isSealed ? 'sealed' : 'unfinished',
    verdict: damage.length === 0 ? 'intact' : 'damaged',
    parts,
    damage,
  }
}

interface Findings {
  readonly parts: number
  readonly damage: readonly DatasetDamage[]
  /** Undefined where it cannot be read. */
  readonly pinned?: PinnedRun | undefined
  /** Undefined of what is not sealed, too. */
  readonly manifest?: DatasetManifest | undefined
}

/** What it was made from; of a dataset that is not sealed nobody knows how far that goes. */
async function originDamage(
  store: ObjectStore,
  { folder, landing: look, signal }: VerifyDatasetRequest,
  { pinned, manifest }: Omit<Findings, 'parts'>,
): Promise<readonly DatasetDamage[]> {
  const landing = pinned?.landing ?? manifest?.landing
  const looked = landing && (await look?.({ ...folder, landing }))
  const landed = looked?.isGone === true ? undefined : looked
  const found = looked?.damage ?? []
  if (pinned === undefined || manifest === undefined) return found
  const run = { ...folder, ...ownerOfParts(folder, manifest), landing: manifest.landing }
  // The one that has made its parts may be gone: it is needed no more than its landing.
  const made =
    manifest.partsOf === undefined
      ? pinned
      : await ifReadable(() => findPinnedRun(store, run, { signal }))
  if (made === undefined) return found
  return [...found, ...(await checkOrigins(store, { run, pinned: made, landed, signal }))]
}

function ownerOfParts({ datasetId }: DatasetFolder, { partsOf = datasetId }: DatasetManifest) {
  return { datasetId: partsOf as DatasetId }
}

async function verifySealed(
  store: ObjectStore,
  { folder, onPart, signal }: VerifyDatasetRequest,
): Promise<Findings> {
  const key = manifestKey(folder)
  const damage: DatasetDamage[] = []
  const pinned = await checkDefinition(store, folder, damage, signal)
  const parsed = parseManifest(await store.get(key, { signal }))
  if ('problem' in parsed) {
    return { parts: 0, damage: [...damage, { key, problem: parsed.problem }], pinned }
  }
  const { manifest } = parsed
  const made = { ...folder, ...ownerOfParts(folder, manifest) }
  const counted: RecordCounts[] = []
  for (const [index, part] of manifest.parts.entries()) {
    onPart?.(index, manifest.parts.length)
    const { problem, ...counts } = await checkPart(store, part, signal)
    if (problem !== undefined) damage.push({ key: part.key, problem })
    counted.push(counts)
  }
  const rejects = await checkRejects(store, made, manifest.rejects, signal)
  damage.push(...rejects.damage)
  // What cannot be read is damaged already.
  if (pinned !== undefined && damage.every((found) => found.key !== definitionKey(folder))) {
    const problem = await sealedDefinitionProblem(store, folder, manifest.definition, signal)
    if (problem !== undefined) damage.push({ key: definitionKey(folder), problem })
  }
  const { rejectCount } = rejects
  // What was served is told by the parts that were converted from it. The definition speaks of what the
  // dataset has made itself: parts of another one may have been made by another transform.
  const converted = await countsOfConverted(store, made, signal)
  const isTransformedWhole =
    manifest.partsOf === undefined && pinned?.definition.transform?.scope === 'dataset'
  const counts = sumOf(isTransformedWhole || converted.length > 0 ? converted : counted)
  const witnesses = { folder, pinned, rejectCount, ...counts }
  for (const problem of manifestProblems(manifest, witnesses)) damage.push({ key, problem })
  return { parts: manifest.parts.length, damage, pinned, manifest }
}

async function countsOfConverted(
  store: ObjectStore,
  place: DatasetPlace,
  signal: AbortSignal,
): Promise<RecordCounts[]> {
  const counted: RecordCounts[] = []
  for (const { key } of await listParts(store, convertedPartPrefix(place), { signal })) {
    counted.push(recordCounts(await store.head(key, { signal })))
  }
  return counted
}

function sumOf(counted: readonly RecordCounts[]): RecordCounts {
  return {
    recordCount: counted.reduce((sum, { recordCount }) => sum + recordCount, 0),
    convertedCount: counted.reduce((sum, { convertedCount }) => sum + convertedCount, 0),
  }
}

/** Parts of a run that has not come to its end say themselves what they are. */
async function verifyUnfinished(
  store: ObjectStore,
  { folder, loads, onPart, signal }: VerifyDatasetRequest,
): Promise<Findings> {
  const damage: DatasetDamage[] = []
  const pinned = await checkDefinition(store, folder, damage, signal)
  const known = await loads()
  const [load] = known === 'unknown' ? [] : known
  if (load !== undefined) {
    const problem = `is not in the store, and the dataset was loaded into ${load.target}`
    damage.push({ key: manifestKey(folder), problem })
  }
  const parts = await storedParts(store, folder, undefined, signal)
  for (const [index, part] of parts.entries()) {
    onPart?.(index, parts.length)
    const problem = await ownProblem(store, part, signal)
    if (problem !== undefined) damage.push({ key: part.key, problem })
  }
  return { parts: parts.length, damage, pinned }
}

async function ownProblem(
  store: ObjectStore,
  { key, sha256, rowCount }: SealedPart,
  signal: AbortSignal,
): Promise<string | undefined> {
  const bytes = await store.get(key as ObjectKey, { signal })
  if ((await digestOf(bytes)) !== sha256) return 'has another SHA-256 than it says'
  return parquetProblem(bytes, rowCount)
}
