import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf } from '../../codec/index.ts'
import { parquetBatchKey, parquetItemKey, parquetPageKey } from '../bucket-layout.ts'
import type { DuckDb } from '../conversion/duck-db.ts'
import type { ItemStream } from '../item-source.ts'
import { putJson } from '../json-object.ts'
import { withWorkingFolder } from '../working-folder.ts'
import { emptyItem, errorOfItem } from './item-error.ts'
import type { ItemLanding, KeptBatch, KeptPage } from './item-landing.ts'
import { cutParquet, type ParquetPiece } from './land-parquet.ts'
import { damaged } from './page-store.ts'
import { spoolFile, type SpooledFile } from './spool-file.ts'
import type { LandedStream } from './stream-landing.ts'

const contentType = 'application/vnd.apache.parquet'

export interface LandParquetInput {
  readonly landing: ItemLanding
  readonly duckDb: DuckDb
  readonly streams: readonly ItemStream[]
  /** Called for each batch, before it is made. */
  readonly countBatch: () => void
  readonly signal: AbortSignal
}

/**
 * Lands a Parquet file as it is, and beside it the smaller ones that it is cut into, each a page and a
 * batch of its own. It is read from its source once: another attempt takes it from the store. Memory
 * holds one of the smaller files.
 *
 * @throws PipelineError SOURCE_MALFORMED for what is no Parquet file
 */
export function landParquetItem(input: LandParquetInput): Promise<LandedStream> {
  return withWorkingFolder((folder) => landInFolder(input, folder))
}

async function landInFolder(input: LandParquetInput, folder: string): Promise<LandedStream> {
  const { landing, duckDb, countBatch, signal } = input
  const { place, limits } = landing.options
  const { batchBytes } = limits
  const path = join(folder, 'file.parquet')
  const spooled = await takeFile(input, path)
  const batches: KeptBatch[] = []
  let pagesFound = 0
  let storedBytes = spooled.sizeBytes
  const pieces = atItem(cutParquet(duckDb, { path, folder, batchBytes, signal }), place)
  for await (const piece of pieces) {
    countBatch()
    // Not before it has been seen to be Parquet: what is none must not be found by a retry.
    if (batches.length === 0 && !spooled.isFound) await putFile(landing, path, spooled)
    const index = batches.length
    const isWhole = piece.path === path
    const kept = isWhole
      ? wholePage(landing, spooled, piece)
      : await putPiece(landing, index, piece)
    if (kept.isFound) pagesFound += 1
    if (!isWhole) storedBytes += kept.storedBytes
    batches.push(await putBatch(landing, index, kept))
  }
  return { batches, endBytes: spooled.sizeBytes, storedBytes, pagesFound }
}

async function* atItem(
  pieces: AsyncIterable<ParquetPiece>,
  item: string,
): AsyncGenerator<ParquetPiece> {
  try {
    yield* pieces
  } catch (error) {
    throw errorOfItem(error, { item })
  }
}

interface TakenFile extends SpooledFile {
  readonly isFound: boolean
}

/** Brings the file into the working folder: from the store, where it was landed, else from its source. */
async function takeFile({ landing, streams }: LandParquetInput, path: string): Promise<TakenFile> {
  const { store, run, item, place, attempt } = landing.options
  const key = parquetItemKey(run, item)
  const head = landing.has(key) ? await store.head(key, attempt) : undefined
  const digest = head?.metadata['plain-sha256']
  if (digest !== undefined) {
    const spooled = await spoolFile(await store.getStream(key, attempt), path, attempt.signal)
    if (spooled.digest !== digest) throw damaged(store, key)
    return { ...spooled, isFound: true }
  }
  const [stream, ...others] = streams
  if (stream === undefined || others.length > 0) throw new Error('a Parquet file is one stream')
  const spooled = await spoolFile(stream.read(0), path, attempt.signal)
  if (spooled.sizeBytes === 0) throw emptyItem(place, 'empty file, not Parquet')
  return { ...spooled, isFound: false }
}

async function putFile(landing: ItemLanding, path: string, spooled: SpooledFile): Promise<void> {
  const { store, run, item, attempt } = landing.options
  await store.putStream(parquetItemKey(run, item), createReadStream(path), {
    ...attempt,
    contentType,
    metadata: metadataOf(spooled),
  })
}

interface FoundPage extends KeptPage {
  readonly isFound: boolean
}

function wholePage(
  landing: ItemLanding,
  { digest, sizeBytes, isFound }: TakenFile,
  { records }: ParquetPiece,
): FoundPage {
  const { run, item } = landing.options
  const key = parquetItemKey(run, item)
  const page = { key, digest, sizeBytes, records, recordsStart: null }
  return { page, storedBytes: sizeBytes, isFound }
}

async function putPiece(
  landing: ItemLanding,
  index: number,
  { path, records }: ParquetPiece,
): Promise<FoundPage> {
  const { store, run, item, attempt } = landing.options
  const body = await readFile(path)
  const digest = await digestOf(body)
  const sizeBytes = body.length
  const key = parquetPageKey(run, item, { index, digest: digest.slice(0, 16) })
  const isFound = landing.has(key)
  if (!isFound) {
    const metadata = metadataOf({ digest, sizeBytes })
    await store.put(key, body, { ...attempt, contentType, metadata })
  }
  const page = { key, digest, sizeBytes, records, recordsStart: null }
  return { page, storedBytes: sizeBytes, isFound }
}

async function putBatch(
  landing: ItemLanding,
  index: number,
  { page, storedBytes }: KeptPage,
): Promise<KeptBatch> {
  const { store, run, item, attempt } = landing.options
  const key = parquetBatchKey(run, item, { index, digest: page.digest.slice(0, 16) })
  const batch = { pages: [page], next: null, anchor: null, storedBytes }
  await putJson(store, key, batch, attempt)
  return { key, batch }
}

function metadataOf({ digest, sizeBytes }: SpooledFile): Readonly<Record<string, string>> {
  return { 'plain-bytes': String(sizeBytes), 'plain-sha256': digest }
}
