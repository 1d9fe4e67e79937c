import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  UploadPartCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3'
import { ClaimCheckError } from './claim-check-error.ts'
import type { ErrorPlace } from './coded-error.ts'
import type { ObjectKey, PutOptions } from './object-store.ts'
import type { S3Context } from './s3-context.ts'
import { readS3Error } from './s3-error.ts'

export interface MultipartOptions extends PutOptions {
  /** Refuse to complete over an object that is there; stores that do not know this ignore it. */
  readonly onlyIfAbsent: boolean
  /** Parts on their way at once; with the part size this bounds memory. */
  readonly partConcurrency: number
  /** The store's limit on the number of parts of one upload. */
  readonly maxParts: number
  /** Wakes a source that hangs when a part has failed meanwhile. */
  readonly onFailure?: () => void
}

interface UploadName {
  readonly Bucket: string
  readonly Key: ObjectKey
  readonly UploadId: string | undefined
}

/**
 * Uploads `parts` (all of one size but the last, as R2 demands) as one object, or leaves nothing:
 * whatever fails, the sends under way are ended and awaited and the upload is aborted at the store
 * before the error goes on. Returns the bytes sent. An error of `parts` passes as it is.
 *
 * Not lib-storage's `Upload`: its `abort()` rejects at once while its requests run on, so an aborted
 * write can still appear (as read in 3.1175.0).
 */
export async function uploadMultipart(
  context: S3Context,
  key: ObjectKey,
  parts: AsyncIterable<Uint8Array>,
  options: MultipartOptions,
): Promise<number> {
  const { client, call } = context
  const { signal } = options
  const at = context.at({ key })
  const name = { Bucket: context.bucket, Key: key }
  const create = new CreateMultipartUploadCommand({
    ...name,
    ContentType: options.contentType,
    Metadata: { ...options.metadata },
  })
  const { UploadId } = await call(at, signal, (abortSignal) => client.send(create, { abortSignal }))
  const upload: UploadName = { ...name, UploadId }
  try {
    const { completed, sizeBytes } = await sendParts(context, upload, parts, options)
    await complete(context, upload, completed, sizeBytes, options)
    return sizeBytes
  } catch (error) {
    // Not under the caller's signal, which may be why we are here. Where even this fails, a
    // lifecycle rule for unfinished uploads is the last resort, and the first error says more.
    await call(at, undefined, (abortSignal) =>
      client.send(new AbortMultipartUploadCommand({ ...upload }), { abortSignal }),
    ).catch(() => undefined)
    throw error
  }
}

async function sendParts(
  context: S3Context,
  upload: UploadName,
  parts: AsyncIterable<Uint8Array>,
  { signal, partConcurrency, maxParts, onFailure }: MultipartOptions,
): Promise<{ completed: CompletedPart[]; sizeBytes: number }> {
  const at = context.at({ key: upload.Key })
  const completed: CompletedPart[] = []
  const inFlight = new Set<Promise<void>>()
  const failed = new AbortController()
  const stop = (): void => failed.abort(signal?.reason)
  signal?.addEventListener('abort', stop, { once: true })
  const send = async (bytes: Uint8Array, partNumber: number): Promise<void> => {
    const command = new UploadPartCommand({ ...upload, PartNumber: partNumber, Body: bytes })
    try {
      const sent = await context.call(at, failed.signal, (abortSignal) =>
        context.client.send(command, { abortSignal }),
      )
      completed[partNumber - 1] = { ...checksumOf(sent), PartNumber: partNumber, ETag: sent.ETag }
    } catch (error) {
      // The first failure ends the others; their errors are only its echo.
      failed.abort(error)
    }
  }
  // Not a race against a promise of failure: that would hold every part until the end.
  failed.signal.addEventListener('abort', () => onFailure?.(), { once: true })
  try {
    let sizeBytes = 0
    let partNumber = 0
    for await (const bytes of parts) {
      partNumber += 1
      failed.signal.throwIfAborted()
      if (partNumber > maxParts) throw tooManyParts(maxParts, sizeBytes, at)
      sizeBytes += bytes.byteLength
      const sending = send(bytes, partNumber).finally(() => inFlight.delete(sending))
      inFlight.add(sending)
      if (inFlight.size >= partConcurrency) await Promise.race(inFlight)
    }
    await Promise.all(inFlight)
    failed.signal.throwIfAborted()
    return { completed, sizeBytes }
  } catch (error) {
    failed.abort(error)
    await Promise.all(inFlight)
    throw failed.signal.reason
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

async function complete(
  context: S3Context,
  upload: UploadName,
  completed: CompletedPart[],
  sizeBytes: number,
  { signal, onlyIfAbsent }: MultipartOptions,
): Promise<void> {
  const { client, call } = context
  const at = context.at({ key: upload.Key })
  const command = new CompleteMultipartUploadCommand({
    ...upload,
    MultipartUpload: { Parts: completed },
    ...(onlyIfAbsent ? { IfNoneMatch: '*' } : {}),
  })
  try {
    await call(at, signal, (abortSignal) => client.send(command, { abortSignal }))
  } catch (error) {
    // An earlier try may have completed it and only its answer was lost.
    const cause = error instanceof ClaimCheckError ? error.cause : undefined
    if (readS3Error(cause).name !== 'NoSuchUpload') throw error
    const { Bucket, Key } = upload
    const head = await call(at, signal, (abortSignal) =>
      client.send(new HeadObjectCommand({ Bucket, Key }), { abortSignal }),
    )
    if (head.ContentLength !== sizeBytes) throw error
  }
}

function checksumOf(sent: { readonly ChecksumCRC32?: string | undefined }): CompletedPart {
  return sent.ChecksumCRC32 === undefined ? {} : { ChecksumCRC32: sent.ChecksumCRC32 }
}

function tooManyParts(maxParts: number, sentBytes: number, at: ErrorPlace): ClaimCheckError {
  return new ClaimCheckError(
    'STORE_FAILED',
    `The stream is longer than ${maxParts} parts hold (${sentBytes} bytes)`,
    { remedy: 'Set a larger partBytes for this store, or write several objects.', at },
  )
}
