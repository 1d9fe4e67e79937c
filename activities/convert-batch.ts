import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf, type ObjectKey } from '../codec/index.ts'
import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { partKey, rejectsKey } from './bucket-layout.ts'
import { convertRecords, type RecordsFile } from './conversion/convert-records.ts'
import { splitRecords, type RecordsPlace, type SplitRecords } from './json/split-records.ts'
import { getJson } from './json-object.ts'
import { landedBatch, type LandedPage } from './landing/landed-batch.ts'
import { readLandedPage } from './landing/page-store.ts'
import { readPinnedRun } from './pinned-run.ts'
import type { HttpSourceDefinition } from './pipeline-definition.ts'
import { PipelineError } from './pipeline-error.ts'
import type { RunReference } from './run-reference.ts'
import { withWorkingFolder } from './working-folder.ts'

export interface ConvertBatchInput {
  readonly run: RunReference
  readonly batchKey: string
  /** Position of the part in the dataset, from 0. */
  readonly partNumber: number
}

export interface ConvertedBatch {
  readonly rowCount: number
  readonly rejectCount: number
  /** `column: reason` of the first row that was set aside; null when there is none. */
  readonly firstReject: string | null
  readonly storedBytes: number
}

/** Turns a landed batch into one Parquet part of the declared types, and sets bad rows aside. */
export async function convertBatch(
  { store, duckDb }: ActivityPorts,
  input: ConvertBatchInput,
  attempt: Attempt,
): Promise<ConvertedBatch> {
  const { run, partNumber } = input
  const { definition } = await readPinnedRun(store, run, attempt)
  const batch = await getJson(store, input.batchKey as ObjectKey, landedBatch, attempt)

  return withWorkingFolder(async (folder) => {
    const read = (page: LandedPage): Promise<Buffer> => readLandedPage(store, page, attempt)
    const records = await writeRecords(folder, definition.source, batch.pages, read)
    const partPath = join(folder, 'part.parquet')
    const rejectsPath = join(folder, 'rejects.ndjson.zst')
    const converted = await duckDb.withConnection(attempt.signal, (connection) =>
      convertRecords(connection, definition.columns, records, { partPath, rejectsPath }),
    )
    const { rowCount, rejectCount } = converted
    const served = records.recordCount
    if (served !== undefined && served !== rowCount + rejectCount) {
      throw rowsLost(served, rowCount + rejectCount, input)
    }

    const part = await readFile(partPath)
    await store.put(partKey(run, partNumber), part, {
      ...attempt,
      contentType: 'application/vnd.apache.parquet',
      metadata: {
        rows: String(rowCount),
        rejects: String(rejectCount),
        sha256: await digestOf(part),
      },
    })
    let storedBytes = part.length
    if (rejectCount > 0) {
      const rejects = await readFile(rejectsPath)
      await store.put(rejectsKey(run, partNumber), rejects, {
        ...attempt,
        contentType: 'application/zstd',
        metadata: { rows: String(rejectCount) },
      })
      storedBytes += rejects.length
    }
    return { rowCount, rejectCount, firstReject: converted.firstReject ?? null, storedBytes }
  })
}

/** Writes the batch's records to one local file, page after page: memory holds one page at a time. */
async function writeRecords(
  folder: string,
  source: HttpSourceDefinition,
  pages: readonly LandedPage[],
  read: (page: LandedPage) => Promise<Buffer>,
): Promise<RecordsFile & { recordCount: number | undefined }> {
  const path = join(folder, `records.${source.format}`)
  const file = await open(path, 'w')
  const starts: { key: string; firstRecord: number }[] = []
  let recordCount = 0
  let longestRecordBytes = 0
  try {
    for (const page of pages) {
      const body = await read(page)
      starts.push({ key: page.key, firstRecord: recordCount })
      if (source.format === 'csv') {
        await file.writeFile(body)
        continue
      }
      const place =
        page.recordsStart === null
          ? ({ kind: 'lines' } as const)
          : ({ kind: 'array', start: page.recordsStart } as const)
      const records = split(body, place, page.key)
      for (const piece of records.pieces) await file.writeFile(piece)
      recordCount += records.count
      longestRecordBytes = Math.max(longestRecordBytes, records.longestRecordBytes)
    }
  } finally {
    await file.close()
  }
  const countable = source.format !== 'csv'
  return {
    path,
    format: source.format,
    pages: starts,
    longestRecordBytes,
    recordCount: countable ? recordCount : undefined,
  }
}

function split(body: Buffer, place: RecordsPlace, page: string): SplitRecords {
  try {
    return splitRecords(body, place)
  } catch (cause) {
    if (!(cause instanceof PipelineError)) throw cause
    // What is landed stays as it is: trying again reads the same bytes.
    throw new PipelineError('SOURCE_MALFORMED', cause.message, {
      at: { page },
      remedy: 'Look at that page; when the source serves it right, start the run with --refetch.',
    })
  }
}

function rowsLost(served: number, converted: number, input: ConvertBatchInput): PipelineError {
  return new PipelineError(
    'ROWS_LOST',
    `${served} records were landed and ${converted} came out of the conversion`,
    {
      at: { batch: input.batchKey },
      remedy: 'Nothing was loaded; report this with the batch, it is a defect of this program.',
    },
  )
}
