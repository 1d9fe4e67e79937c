import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ObjectStore } from '../codec/index.ts'
import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { convertedPartPrefix, partKey } from './bucket-layout.ts'
import { sqlFailure } from './conversion/sql-failure.ts'
import { transformRows, type TransformedRows } from './conversion/transform-rows.ts'
import { downloadParts } from './download-parts.ts'
import { convertedColumns, readPinnedRun, tableColumns } from './pinned-run.ts'
import { PipelineError } from './pipeline-error.ts'
import { putPart } from './put-part.ts'
import type { RunReference } from './run-reference.ts'
import { withWorkingFolder } from './working-folder.ts'

export interface TransformDatasetInput {
  readonly run: RunReference
  /** How many parts were converted. */
  readonly partCount: number
}

export interface TransformedDataset {
  /** As `RunReference.transformId`: who goes on with the dataset is to be given it. */
  readonly transformId: string
  readonly partCount: number
  readonly rowCount: number
  readonly storedBytes: number
}

/** A part is staged as one: it is held in memory, and its rows go in one COPY. */
const maxPartRows = 1_000_000
const partBytes = 64 * 1024 * 1024

/**
 * Makes the parts of a dataset from all that was converted, by the pipeline's SQL. Those of each attempt
 * have names of their own: the attempt that the workflow hears of has made the dataset.
 *
 * @throws PipelineError TRANSFORM_FAILED, OBJECT_DAMAGED, and ROWS_LOST when the store has other parts
 * than were converted
 */
export async function transformDataset(
  { store, duckDb }: ActivityPorts,
  { run, partCount }: TransformDatasetInput,
  attempt: Attempt,
): Promise<TransformedDataset> {
  const pinned = await readPinnedRun(store, run, attempt)
  const { transform } = pinned.definition
  const declared = convertedColumns(pinned)
  const sql = transform?.sql ?? 'FROM input'
  return withWorkingFolder(async (folder) => {
    try {
      const prefix = convertedPartPrefix(run)
      const paths = await downloadParts(store, prefix, folder, attempt)
      if (paths.length !== partCount) throw partsLost(store, prefix, paths.length, partCount)
      return await duckDb.withSandbox(attempt.signal, folder, async (connection) => {
        const columns = tableColumns(pinned)
        const rows = await transformRows(connection, { paths, declared, sql, columns })
        const transformId = randomUUID().slice(0, 8)
        return putParts(store, { ...run, transformId }, { rows, folder }, attempt)
      })
    } catch (error) {
      throw sqlFailure(error, {
        code: 'TRANSFORM_FAILED',
        what: 'the transform',
        columns: declared.map(({ name }) => name),
      })
    }
  })
}

async function putParts(
  store: ObjectStore,
  run: RunReference & { readonly transformId: string },
  { rows, folder }: { readonly rows: TransformedRows; readonly folder: string },
  attempt: Attempt,
): Promise<TransformedDataset> {
  const { rowCount } = rows
  let partCount = 0
  let storedBytes = 0
  const putOne = async (path: string, count: number): Promise<void> => {
    // What was served stands on the parts that were converted from it.
    const counts = { records: 0, converted: 0, rejects: 0, rows: count }
    const put = await putPart(store, partKey(run, partCount), path, counts, attempt)
    await rm(path)
    partCount += 1
    storedBytes += put.storedBytes
  }
  // One part at least: it has the columns.
  for (let first = 0; first === 0 || first < rowCount; first += maxPartRows) {
    const files = await rows.write({
      path: join(folder, `made-${first}`),
      first,
      count: Math.min(maxPartRows, rowCount - first),
      fileBytes: partBytes,
    })
    for (const file of files) await putOne(file.path, file.rowCount)
  }
  return { transformId: run.transformId, partCount, rowCount, storedBytes }
}

function partsLost(
  store: ObjectStore,
  prefix: string,
  found: number,
  converted: number,
): PipelineError {
  return new PipelineError(
    'ROWS_LOST',
    `the store has ${found} converted parts, the run made ${converted}`,
    {
      at: { bucket: store.bucket, prefix },
      remedy: 'Something else changed these objects; start the run again.',
    },
  )
}
