import { readParquetFooter } from '../../../activities/parquet/parquet-footer.ts'
import { readSealedPart, type SealedPart } from '../../../activities/reprocess/sealed-part.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { digestOf } from '../../../codec/digest.ts'
import type { ObjectHead, ObjectKey, ObjectStore } from '../../../codec/index.ts'

/** Records that parts were made from, by their own word; NaN where one does not say. */
export interface RecordCounts {
  readonly recordCount: number
  readonly convertedCount: number
}

export interface CheckedPart extends RecordCounts {
  /** What is wrong with it; undefined where nothing is. */
  readonly problem: string | undefined
}

/** Reads all of a part: its length, its digest, and whether it opens as Parquet with so many rows. */
export async function checkPart(
  store: ObjectStore,
  part: SealedPart,
  signal: AbortSignal,
): Promise<CheckedPart> {
  const head = await store.head(part.key as ObjectKey, { signal })
  const read = await readSealedPart(store, part, { signal })
  const problem =
    'problem' in read
      ? `${read.problem}${await ownWord(store, part, head, signal)}`
      : await parquetProblem(read.bytes, part.rowCount)
  return { problem, ...recordCounts(head) }
}

/** What is whole by its own word was put in the place of another one, unless the manifest is what changed. */
async function ownWord(
  store: ObjectStore,
  { key }: SealedPart,
  head: ObjectHead | undefined,
  signal: AbortSignal,
): Promise<string> {
  if (head === undefined) return ''
  const bytes = await store.get(key as ObjectKey, { signal })
  const isWhole = head.metadata['sha256'] === (await digestOf(bytes))
  return isWhole ? ', and is whole by its own word: it or the manifest was changed' : ''
}

export function recordCounts(head: ObjectHead | undefined): RecordCounts {
  const { records, converted, rejects } = head?.metadata ?? {}
  const convertedCount = Number(converted ?? NaN)
  return {
    convertedCount,
    // Parts of an earlier version do not say what they were made from.
    recordCount: records === undefined ? convertedCount + Number(rejects) : Number(records),
  }
}

/** Why bytes are no Parquet file of so many rows. */
export async function parquetProblem(
  bytes: Uint8Array,
  rowCount: number,
): Promise<string | undefined> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    const { rows } = await readParquetFooter(file.length, (start, end) =>
      Promise.resolve(file.subarray(start, end)),
    )
    return rows === rowCount ? undefined : `has ${rows} rows instead of ${rowCount}`
  } catch (error) {
    if (error instanceof PipelineError) return 'does not open as Parquet'
    throw error
  }
}
