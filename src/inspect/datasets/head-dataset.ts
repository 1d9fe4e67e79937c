import type { DatasetId, DuckDb, RejectedRecord } from '../../../activities/index.ts'
import { readPinnedRun, tableColumns } from '../../../activities/pinned-run.ts'
import { readRejects } from '../../../activities/read-rejects.ts'
import { readDatasetFacts, type DatasetFacts } from '../../../activities/retention/dataset-facts.ts'
import type { DatasetFolder } from '../../../activities/retention/dataset-folders.ts'
import { rejectsPrefix } from '../../../activities/bucket-layout.ts'
import { CodedError } from '../../../codec/coded-error.ts'
import type { ObjectKey, ObjectStore } from '../../../codec/index.ts'
import { columnTypeText } from '../../pipeline/infer/column-type-text.ts'
import { LineageError } from '../../lineage-error.ts'
import { damagedDataset, readFirstRows } from './read-first-rows.ts'
import { storedParts } from './stored-parts.ts'
import type { RowTexts } from './value-text.ts'

export interface HeadRequest {
  /** Of this part alone. @default of one after the other */
  readonly part?: number | undefined
  readonly rows: number
  readonly signal: AbortSignal
}

export interface DatasetHead {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** In the order of the parts; the values in that of the columns, as PostgreSQL shows them in UTC. */
  readonly rows: readonly { readonly part: number; readonly values: RowTexts }[]
}

/**
 * The first rows of a dataset, or of one of its parts. Reads no more than it has to.
 *
 * @throws LineageError PART_NOT_FOUND
 * @throws PipelineError OBJECT_UNREADABLE, OBJECT_DAMAGED
 */
export async function headDataset(
  ports: { readonly store: ObjectStore; readonly duckDb: DuckDb },
  folder: DatasetFolder,
  { part, rows, signal }: HeadRequest,
): Promise<DatasetHead> {
  const { pinned, manifest } = await factsOf(ports.store, folder, signal)
  // Throws of one that is not there, as no row can be shown without its columns.
  const columns = tableColumns(pinned ?? (await readPinnedRun(ports.store, folder, { signal })))
  const all = await storedParts(ports.store, folder, manifest, signal)
  const parts = all.filter(({ partNumber }) => part === undefined || partNumber === part)
  if (part !== undefined && parts.length === 0) throw partNotFound(folder, part)
  const found: { part: number; values: RowTexts }[] = []
  for (const { key, partNumber, rowCount } of parts) {
    if (rowCount === 0) continue
    if (found.length >= rows) break
    const wanted = { key: key as ObjectKey, columns, rows: rows - found.length, signal }
    const texts = await readFirstRows(ports, wanted)
    found.push(...texts.map((values) => ({ part: partNumber, values })))
  }
  return {
    columns: columns.map(({ name, type }) => ({ name, type: columnTypeText(type) })),
    rows: found,
  }
}

/**
 * The first records that were set aside, in the order of the parts.
 *
 * @throws PipelineError OBJECT_UNREADABLE, OBJECT_DAMAGED
 */
export async function headRejects(
  store: ObjectStore,
  folder: DatasetFolder,
  { rows, signal }: Omit<HeadRequest, 'part'>,
): Promise<readonly RejectedRecord[]> {
  const { manifest } = await factsOf(store, folder, signal)
  const datasetId = (manifest?.partsOf ?? folder.datasetId) as DatasetId
  // Where they lie says nothing of the landing.
  const run = { ...folder, datasetId, landing: { fetchKey: '', sequence: 0 } }
  const found: RejectedRecord[] = []
  try {
    for await (const rejects of readRejects(store, run, { signal })) {
      found.push(...rejects.slice(0, rows - found.length))
      if (found.length >= rows) break
    }
    return found
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof CodedError) throw error
    // Not with its cause, which quotes what it read.
    throw damagedDataset(store, rejectsPrefix(run), 'what was set aside cannot be read')
  }
}

async function factsOf(
  store: ObjectStore,
  folder: DatasetFolder,
  signal: AbortSignal,
): Promise<DatasetFacts> {
  const facts = await readDatasetFacts(store, folder, { signal })
  if (facts.trouble !== undefined) throw facts.trouble
  return facts
}

function partNotFound({ datasetId }: DatasetFolder, part: number): LineageError {
  return new LineageError('PART_NOT_FOUND', 'The dataset has no such part', {
    at: { dataset: datasetId, part },
    remedy: '`claimcheck datasets show` lists its parts.',
  })
}
