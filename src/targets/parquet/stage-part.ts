import { readFile } from 'node:fs/promises'
import { digestOf } from '../../../codec/digest.ts'
import type { ObjectKey } from '../../../codec/index.ts'
import { ConcurrencyLimit } from '../../../codec/concurrency-limit.ts'
import type { DuckDb } from '../../../activities/conversion/duck-db.ts'
import { queryNumber } from '../../../activities/conversion/query-texts.ts'
import { literal } from '../../../activities/conversion/sql-text.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { withWorkingFolder } from '../../../activities/working-folder.ts'
import { checkColumns } from './check-columns.ts'
import { stagedPart, type LoadedFile } from './load-manifest.ts'
import { findRecord, loadDiscarded } from './load-record.ts'
import type { StagePartRequest } from './parquet-requests.ts'
import type { TargetBucket } from './target-bucket.ts'
import { dataKey, stagedKey } from './target-layout.ts'
import { writeHiveFiles, type HiveFile } from './write-hive-files.ts'

/** Most are small. */
const uploadsAtOnce = 4

/**
 * Puts the files of one part beneath the prefix, and when all are there says so. A file that is there
 * already stays: whichever attempt has written it.
 *
 * @throws PipelineError TARGET_MISMATCH, ROWS_LOST
 */
export async function stagePart(
  bucket: TargetBucket,
  duckDb: DuckDb,
  request: StagePartRequest,
): Promise<{ rowCount: number }> {
  const { target, datasetId, partNumber, rowCount } = request
  const record = await findRecord(bucket, request)
  if (record?.state === 'published') return { rowCount }
  if (record?.state === 'discarded') throw loadDiscarded(request)
  const key = stagedKey(target, datasetId, partNumber)
  const staged = await bucket.findJson(key, stagedPart)
  if (staged !== undefined) return { rowCount: staged.value.rowCount }
  return withWorkingFolder(async (folder) => {
    const made = await makeFiles(duckDb, request, folder)
    const madeRows = made.reduce((sum, file) => sum + file.rowCount, 0)
    if (madeRows !== rowCount) {
      throw new PipelineError('ROWS_LOST', `a part of ${rowCount} rows held ${madeRows}`, {
        at: { datasetId, partNumber },
        remedy: 'The part is read again; if it persists, the part is damaged.',
        retryable: true,
      })
    }
    const uploads = new ConcurrencyLimit(uploadsAtOnce)
    const { signal } = request
    const files = await Promise.all(
      made.map((file) => uploads.run(() => putFile(bucket, request, file), signal)),
    )
    // A run that was given up meanwhile has removed what was there, and nobody would remove these.
    if ((await findRecord(bucket, request))?.state === 'discarded') {
      await bucket.delete(...files.map((file) => file.key))
      throw loadDiscarded(request)
    }
    await bucket.putJsonOnce(key, { rowCount, files })
    return { rowCount }
  })
}

async function makeFiles(
  duckDb: DuckDb,
  { target, columns, path, signal }: StagePartRequest,
  folder: string,
): Promise<HiveFile[]> {
  if (path === undefined) {
    throw new PipelineError('TARGET_FAILED', 'the part came without its file', {
      remedy: 'This is a fault in Claimcheck: report it.',
    })
  }
  const directories = checkColumns({ target, columns })
  return duckDb.withConnection(signal, async (connection) => {
    if (directories.length > 0) {
      return writeHiveFiles(connection, { path, folder, columns, directories })
    }
    const rows = `SELECT count(*) FROM read_parquet(${literal(path)}, hive_partitioning = false)`
    return [{ path, directory: '', values: {}, rowCount: await queryNumber(connection, rows) }]
  })
}

async function putFile(
  bucket: TargetBucket,
  { target, datasetId, partNumber }: StagePartRequest,
  { path, directory, values, rowCount }: HiveFile,
): Promise<LoadedFile & { readonly key: ObjectKey }> {
  const key = dataKey(target, datasetId, { directory, partNumber })
  const body = await readFile(path)
  const sha256 = await digestOf(body)
  const outcome = await bucket.putFileOnce(key, body, { rows: String(rowCount), sha256 })
  if (outcome === 'written') return { key, rowCount, sizeBytes: body.length, sha256, values }
  // Another attempt's, which need not be the same byte for byte.
  const head = await bucket.head(key)
  if (head !== undefined && head.metadata['rows'] === String(rowCount)) {
    const { sizeBytes, metadata } = head
    return { key, rowCount, sizeBytes, sha256: metadata['sha256'] ?? '', values }
  }
  throw new PipelineError('TARGET_FAILED', 'something else stands where a file of the part goes', {
    at: { key },
    remedy: 'Find out what wrote it, and delete it.',
  })
}
