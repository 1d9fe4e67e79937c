import type { ObjectKey, ObjectStore } from '../../codec/index.ts'
import type { ActivityPorts, Attempt } from '../activity-ports.ts'
import { definitionKey } from '../bucket-layout.ts'
import { putJsonOnce } from '../json-object.ts'
import type { Reprocessing } from '../load-input.ts'
import type { DatasetId } from '../load-target.ts'
import { convertedColumns, loadRequest, tableColumns } from '../pinned-run.ts'
import type { ColumnDefinition } from '../pipeline-definition.ts'
import { prepareChecks } from '../quality/prepare-checks.ts'
import type { PartsReference, PinnedRun, RunReference } from '../run-reference.ts'
import { transformedColumns } from '../transformed-columns.ts'
import { assertSameColumns } from './assert-same-columns.ts'
import { checkOptions } from './check-options.ts'
import {
  damaged,
  readPinnedDataset,
  readSealedManifest,
  type DamagedPart,
  type DatasetManifest,
} from './sealed-dataset.ts'
import { partProblem } from './sealed-part.ts'

export interface PreparePartsInput extends Pick<PinnedRun, 'definition' | 'requestedAt'> {
  readonly partition: string
  readonly datasetId: DatasetId
  readonly reprocessing: Reprocessing
}

export interface PreparedParts {
  readonly run: RunReference
  readonly partCount: number
  readonly rowCount: number
  readonly rejectCount: number
  readonly storedBytes: number
}

/** Parts that the store is asked about at once. */
const askedAtOnce = 16

/**
 * Checks that the parts of a dataset can be loaded again, into the target that the pipeline has now, and
 * pins what the run is told to do. The columns are those that the parts were made with; keys, comments,
 * checks and target are the pipeline's.
 *
 * @throws PipelineError PARTS_OUTGROWN, PART_DAMAGED, CHECK_INVALID, TRANSFORM_INVALID, PLAN_UNSUPPORTED,
 * and what the check of the target throws
 */
export async function prepareParts(
  { store, target, duckDb }: ActivityPorts,
  { definition, partition, datasetId, requestedAt, reprocessing }: PreparePartsInput,
  attempt: Attempt,
): Promise<PreparedParts> {
  const { signal, namespace, workflowId } = attempt
  const made = { pipeline: definition.name, partition, datasetId: reprocessing.datasetId }
  const manifest = await readSealedManifest(store, made, { signal })
  const origin = await readPinnedDataset(store, made, { signal })
  // What the source once brought by itself may have been declared since.
  const declared = new Set(definition.columns.map(({ name }) => name))
  const evolved = origin.evolved?.filter(({ name }) => !declared.has(name))
  const converted = convertedColumns({ definition, evolved })
  const columns = columnsNow(
    tableColumns(origin),
    (await transformedColumns(duckDb, { ...definition, columns: converted }, signal)) ?? converted,
    { pipeline: definition.name, dataset: reprocessing.datasetId },
  )
  await assertWhole(store, manifest, attempt)
  await prepareChecks(duckDb, columns, definition.checks, signal)
  const { interval, landing } = manifest
  const dataset = { pipeline: definition.name, partition, datasetId }
  const told: PinnedRun = {
    definition,
    interval,
    requestedAt,
    evolved,
    transformed: columns,
    highWaterMark: origin.highWaterMark,
    landing,
    reprocessing,
  }
  const request = loadRequest(dataset, told, attempt)
  const options = checkOptions(definition, reprocessing)
  await target.check({ ...request, ...options, namespace, workflowId })
  const { sizeBytes } = await putJsonOnce(store, definitionKey(dataset), told, { signal })
  return {
    run: { ...dataset, landing, partsOf: partsOf(manifest) },
    partCount: manifest.parts.length,
    rowCount: manifest.rowCount,
    rejectCount: manifest.rejectCount,
    storedBytes: sizeBytes,
  }
}

/** The columns of the parts, each with what the pipeline says of it now beside its type. */
function columnsNow(
  made: readonly ColumnDefinition[],
  wanted: readonly ColumnDefinition[],
  at: Readonly<Record<string, string>>,
): readonly ColumnDefinition[] {
  assertSameColumns(made, wanted, at)
  const now = new Map(wanted.map((column) => [column.name, column]))
  return made.map((column) => now.get(column.name) ?? column)
}

/** A dataset that was itself loaded again names the one that has the parts. */
function partsOf({ datasetId, parts, partsOf: named }: DatasetManifest): PartsReference {
  const [, transformId] = /\/part-(?:(.+)-)?\d+\.parquet$/.exec(parts[0]?.key ?? '') ?? []
  return { datasetId: (named ?? datasetId) as DatasetId, transformId }
}

/** By what the store says of each part; their bytes are looked at when they are read. */
async function assertWhole(
  store: ObjectStore,
  { parts }: DatasetManifest,
  { signal }: Attempt,
): Promise<void> {
  const damage: DamagedPart[] = []
  for (let first = 0; first < parts.length; first += askedAtOnce) {
    const some = parts.slice(first, first + askedAtOnce)
    const problems = await Promise.all(
      some.map(async (part) => {
        const problem = partProblem(part, await store.head(part.key as ObjectKey, { signal }))
        return problem === undefined ? [] : [{ key: part.key, problem }]
      }),
    )
    damage.push(...problems.flat())
  }
  if (damage.length > 0) throw damaged(store, damage)
}
