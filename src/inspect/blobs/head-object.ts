import type { FoundObject } from './find-object.ts'
import { headParquet, type ParquetHead } from './head-parquet.ts'
import { hexLines } from './hex-lines.ts'
import { harmlessText, looksLikeText } from './looks-like-text.ts'
import { openContent } from './open-content.ts'
import { prettyJson, shortLine } from './pretty-json.ts'
import type { BlobsPlace } from './blobs-place.ts'

/** The beginning of what an object holds, in the form that suits it. */
export type ObjectHead =
  | ({ readonly form: 'rows' } & ParquetHead)
  | {
      readonly form: 'json' | 'text' | 'hex'
      readonly lines: readonly string[]
      readonly isAll: boolean
    }

/** What is looked at, of JSON and text. */
const headBytes = 256 * 1024
const bytesALine = 16

/**
 * The first lines or rows of an object. Reads its beginning only, and so does not tell whether all of
 * it is intact: `checkObject` does.
 *
 * @throws BlobsError BLOB_NOT_FOUND
 * @throws ClaimCheckError BLOB_DAMAGED where that shows, ENCRYPTION_KEY_…
 */
export async function headObject(
  place: BlobsPlace,
  found: FoundObject,
  maxLines: number,
): Promise<ObjectHead> {
  if (found.key.endsWith('.parquet')) {
    return { form: 'rows', ...(await headParquet(place, found.key, maxLines)) }
  }
  const content = await openContent(place, found)
  const { bytes, isAll } = await firstBytes(content)
  if (!looksLikeText(bytes)) {
    const shown = bytes.subarray(0, maxLines * bytesALine)
    return { form: 'hex', lines: hexLines(shown), isAll: isAll && shown.length === bytes.length }
  }
  const text = new TextDecoder().decode(bytes, { stream: true })
  const isJson = content.form === 'json' || (content.form === 'unknown' && /^\s*[[{]/.test(text))
  // One more than is shown tells whether there are more.
  const lines = isJson
    ? prettyJson(text, maxLines + 1)
    : text
        .replace(/\n$/, '')
        .split('\n', maxLines + 1)
        .map(shortLine)
  return {
    form: isJson ? 'json' : 'text',
    lines: lines.slice(0, maxLines).map(harmlessText),
    isAll: isAll && lines.length <= maxLines,
  }
}

async function firstBytes(content: {
  readonly bytes: AsyncIterable<Uint8Array>
  close(): Promise<void>
}): Promise<{ readonly bytes: Buffer; readonly isAll: boolean }> {
  const pieces: Uint8Array[] = []
  let gatheredBytes = 0
  try {
    for await (const piece of content.bytes) {
      pieces.push(piece)
      gatheredBytes += piece.byteLength
      if (gatheredBytes >= headBytes) break
    }
  } finally {
    await content.close()
  }
  const whole = Buffer.concat(pieces)
  return { bytes: whole.subarray(0, headBytes), isAll: gatheredBytes < headBytes }
}
