import { readFile } from 'node:fs/promises'
import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { convertedPartKey, partKey, rejectsKey } from './bucket-layout.ts'
import { conversionRules } from './conversion/conversion-rules.ts'
import { convertPages } from './conversion/convert-pages.ts'
import { checkEvolvedCount } from './evolution/evolved-count.ts'
import { putNotedFields } from './evolution/noted-fields.ts'
import { readBatch } from './landing/read-batch.ts'
import { readLandedPage } from './landing/page-store.ts'
import { convertedColumns, readPinnedRun } from './pinned-run.ts'
import { putPart } from './put-part.ts'
import type { RunReference } from './run-reference.ts'
import { withWorkingFolder } from './working-folder.ts'

export interface ConvertBatchInput {
  readonly run: RunReference
  /** Of the object that lists the batch's pages; with `batch`, of the one that lists an item's batches. */
  readonly batchKey: string
  /** Position among the batches of an item. */
  readonly batch?: number | undefined
  /** Position of the part in the dataset, from 0. */
  readonly partNumber: number
}

export interface ConvertedBatch {
  readonly rowCount: number
  readonly rejectCount: number
  /** `column: reason` of the first row that was set aside; null when there is none. */
  readonly firstReject: string | null
  readonly storedBytes: number
  /** Fields of `schema: evolve` that need a column, or a wider one; kept beside the dataset. */
  readonly undeclaredFields?: number
}

/** Turns a landed batch into one Parquet part of the declared types, and sets bad records aside. */
export async function convertBatch(
  { store, duckDb }: ActivityPorts,
  input: ConvertBatchInput,
  attempt: Attempt,
): Promise<ConvertedBatch> {
  const { run, partNumber } = input
  const pinned = await readPinnedRun(store, run, attempt)
  const { definition, transformed } = pinned
  const batch = await readBatch(store, input, attempt)

  return withWorkingFolder(async (folder) => {
    const converted = await convertPages(duckDb, {
      columns: convertedColumns(pinned),
      evolved: pinned.evolved,
      rules: conversionRules(definition, transformed),
      format: definition.source.format,
      pages: batch.pages,
      read: (page) => readLandedPage(store, page, attempt),
      folder,
      signal: attempt.signal,
    })
    const { recordCount, convertedCount, rowCount, rejectCount, partPath, rejectsPath } = converted
    // The parts of a dataset that is transformed as a whole are made from these.
    const isInput = definition.transform?.scope === 'dataset'
    const key = isInput ? convertedPartKey(run, partNumber) : partKey(run, partNumber)
    const counts = {
      records: recordCount,
      converted: convertedCount,
      rejects: rejectCount,
      rows: rowCount,
      absent: converted.absent,
      discarded: converted.discarded,
    }
    let { storedBytes } = await putPart(store, key, partPath, counts, attempt)
    if (rejectCount > 0) {
      const rejects = await readFile(rejectsPath)
      await store.put(rejectsKey(run, partNumber), rejects, {
        ...attempt,
        contentType: 'application/zstd',
        metadata: { rows: String(rejectCount) },
      })
      storedBytes += rejects.length
    }
    const firstReject = converted.firstReject ?? null
    const made = { rowCount, rejectCount, firstReject, storedBytes }
    const { noted = [] } = converted
    if (noted.length === 0) return made
    checkEvolvedCount(pinned.evolved ?? [], noted)
    const { sizeBytes } = await putNotedFields(store, input, noted, attempt)
    return { ...made, storedBytes: storedBytes + sizeBytes, undeclaredFields: noted.length }
  })
}
