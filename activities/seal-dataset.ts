import { z } from 'zod'
import type { ActivityPorts, Attempt } from './activity-ports.ts'
import {
  convertedPartPrefix,
  definitionKey,
  manifestKey,
  partPrefix,
  rejectsPrefix,
} from './bucket-layout.ts'
import { listParts } from './download-parts.ts'
import { maxDiscardedFields } from './evolution/discarded-fields.ts'
import { parseNames } from './evolution/name-list.ts'
import { commonPositions } from './evolution/position-set.ts'
import { putJson } from './json-object.ts'
import { readPinnedRun, tableColumns } from './pinned-run.ts'
import type { PipelineDefinition } from './pipeline-definition.ts'
import { PipelineError } from './pipeline-error.ts'
import type { RunReference } from './run-reference.ts'
import { sealedObject, sealObject, type SealedObject } from './sealed-object.ts'

export interface SealDatasetInput {
  readonly run: RunReference
  /** What the run has converted, so that a part that is missing is noticed. */
  readonly partCount: number
  readonly rowCount: number
  readonly rejectCount: number
}

export const datasetManifest = z.object({
  version: z.literal(1),
  pipeline: z.string(),
  partition: z.string(),
  datasetId: z.string(),
  interval: z.object({ start: z.string(), end: z.string() }),
  requestedAt: z.string(),
  landing: z.object({ fetchKey: z.string(), sequence: z.number() }),
  /** The dataset that the parts were made for, where they are loaded again as they are. */
  partsOf: z.string().optional(),
  columns: z.array(z.object({ name: z.string(), type: z.unknown() })),
  /** What the source served: converted and rejected. Absent in manifests of an earlier version. */
  recordCount: z.number().optional(),
  /** Of these records those that were converted; a transform may make more or fewer rows of them. */
  convertedCount: z.number().optional(),
  rowCount: z.number(),
  rejectCount: z.number(),
  /** Declared fields, as `from` has them, that no record had. Absent where each was in one. */
  missingFields: z.array(z.string()).optional(),
  /** Fields of records that no column declares and that were left out. Absent where none was seen. */
  discardedFields: z.array(z.string()).optional(),
  parts: z.array(
    z.object({
      partNumber: z.number(),
      key: z.string(),
      rowCount: z.number(),
      sizeBytes: z.number(),
      sha256: z.string(),
    }),
  ),
  /** The objects of what was set aside. Absent in manifests of an earlier version. */
  rejects: z.array(sealedObject).optional(),
  /** What the run was told to do. Absent in manifests of an earlier version. */
  definition: sealedObject.optional(),
})

type Part = z.infer<typeof datasetManifest>['parts'][number]

export interface SealedDataset {
  readonly manifestKey: string
  readonly storedBytes: number
  /** Declared fields that no record had; absent where each was in one. */
  readonly missingFields?: readonly string[] | undefined
  /** Fields that no column declares; absent where none was seen. */
  readonly discardedFields?: readonly string[] | undefined
}

/**
 * Writes the manifest: from here on the dataset is complete and does not change.
 *
 * @throws PipelineError ROWS_LOST when the parts and rejects in the store are not those that the run
 * made, or do not add up to the records that it was served
 */
export async function sealDataset(
  { store }: ActivityPorts,
  input: SealDatasetInput,
  attempt: Attempt,
): Promise<SealedDataset> {
  const { run } = input
  const pinned = await readPinnedRun(store, run, attempt)
  const { interval, requestedAt } = pinned
  const stored = await storedParts(store, partPrefix(run), attempt)
  const isTransformedWhole = pinned.definition.transform?.scope === 'dataset'
  // What was served is told by the parts that were converted from it.
  const converted = isTransformedWhole
    ? await storedParts(store, convertedPartPrefix(run), attempt)
    : stored
  const recordCount = sumOf(converted, ({ recordCount: records }) => records)
  const convertedCount = sumOf(converted, ({ convertedCount: count }) => count)
  const parts = stored.map(({ part }) => part)
  const rowCount = sumOf(parts, (part) => part.rowCount)
  const lost = (message: string): PipelineError =>
    new PipelineError('ROWS_LOST', message, {
      at: { bucket: store.bucket, prefix: partPrefix(run) },
      remedy: 'Something else changed these objects; start the run again.',
    })
  if (parts.length !== input.partCount || rowCount !== input.rowCount) {
    throw lost(
      `the store has ${parts.length} parts with ${rowCount} rows, the run made ${input.partCount} with ${input.rowCount}`,
    )
  }
  const { rejectCount, rejects } = await storedRejects(store, run, attempt)
  if (rejectCount !== input.rejectCount) {
    throw lost(`the store has ${rejectCount} rejects, the run set ${input.rejectCount} aside`)
  }
  if (recordCount !== convertedCount + rejectCount) {
    throw lost(
      `${recordCount} records were served, ${convertedCount} converted and ${rejectCount} set aside`,
    )
  }
  if (pinned.definition.transform === undefined && convertedCount !== rowCount) {
    throw lost(`${convertedCount} records were converted, the parts have ${rowCount} rows`)
  }
  const fields = {
    ...fieldsMissing(pinned.definition, converted),
    ...fieldsDiscarded(converted),
  }
  const manifest: z.infer<typeof datasetManifest> = {
    version: 1,
    pipeline: run.pipeline,
    partition: run.partition,
    datasetId: run.datasetId,
    interval,
    requestedAt,
    landing: run.landing,
    columns: tableColumns(pinned).map(({ name, type }) => ({ name, type })),
    recordCount,
    convertedCount,
    rowCount,
    rejectCount,
    ...fields,
    parts,
    rejects,
    definition: await sealObject(store, definitionKey(run), attempt),
  }
  const key = manifestKey(run)
  const { sizeBytes } = await putJson(store, key, manifest, attempt)
  return { manifestKey: key, storedBytes: sizeBytes, ...fields }
}

/** Those that were in no record of any part; parts without good records tell nothing. */
function fieldsMissing(
  { columns }: Pick<PipelineDefinition, 'columns'>,
  parts: readonly SealedPart[],
): Pick<z.infer<typeof datasetManifest>, 'missingFields'> {
  const told = parts.filter(({ convertedCount }) => convertedCount > 0)
  const positions = commonPositions(told.map(({ absent }) => absent))
  const fields = positions.flatMap((position) => columns[position]?.from ?? [])
  return fields.length === 0 ? {} : { missingFields: [...new Set(fields)] }
}

/** Those that were seen in a record of any part. */
function fieldsDiscarded(
  parts: readonly SealedPart[],
): Pick<z.infer<typeof datasetManifest>, 'discardedFields'> {
  const names = new Set(parts.flatMap(({ discarded }) => discarded))
  const fields = [...names].toSorted().slice(0, maxDiscardedFields)
  return fields.length === 0 ? {} : { discardedFields: fields }
}

interface SealedPart {
  readonly part: Part
  readonly recordCount: number
  readonly convertedCount: number
  /** As `formatPositions` has them. */
  readonly absent: string
  readonly discarded: readonly string[]
}

/** In the order of their numbers, with what they say of themselves. */
async function storedParts(
  store: ActivityPorts['store'],
  prefix: string,
  attempt: Attempt,
): Promise<SealedPart[]> {
  const sealed: SealedPart[] = []
  for (const { key, partNumber } of await listParts(store, prefix, attempt)) {
    const head = await store.head(key, attempt)
    const {
      rows,
      rejects,
      records,
      converted = rows,
      sha256 = '',
      absent = '0',
      discarded = '',
    } = head?.metadata ?? {}
    sealed.push({
      part: { partNumber, key, rowCount: Number(rows), sizeBytes: head?.sizeBytes ?? 0, sha256 },
      convertedCount: Number(converted),
      absent,
      discarded: parseNames(discarded),
      // Parts of an earlier version do not say what they were made from.
      recordCount: records === undefined ? Number(converted) + Number(rejects) : Number(records),
    })
  }
  return sealed
}

function sumOf<Item>(items: readonly Item[], count: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + count(item), 0)
}

async function storedRejects(
  store: ActivityPorts['store'],
  run: RunReference,
  attempt: Attempt,
): Promise<{ readonly rejectCount: number; readonly rejects: SealedObject[] }> {
  let rejectCount = 0
  const rejects: SealedObject[] = []
  for await (const { key } of store.list(rejectsPrefix(run), attempt)) {
    const head = await store.head(key, attempt)
    rejectCount += Number(head?.metadata['rows'])
    rejects.push(await sealObject(store, key, attempt))
  }
  return { rejectCount, rejects }
}
