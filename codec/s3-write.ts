import type { Readable } from 'node:stream'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { ClaimCheckError } from './claim-check-error.ts'
import type { CallOptions, ObjectKey } from './object-store.ts'
import { byteParts, resumedParts, streamParts } from './parts.ts'
import type { S3Context } from './s3-context.ts'
import { uploadMultipart, type MultipartOptions } from './s3-multipart-upload.ts'
import { headS3Object } from './s3-read.ts'

export interface WriteOptions extends MultipartOptions {
  readonly partBytes: number
}

/**
 * Writes bytes in one request, or in parts where they are long: a single request has to be over
 * within the request timeout, and one broken part costs only itself.
 */
export async function writeS3Bytes(
  context: S3Context,
  key: ObjectKey,
  body: Uint8Array,
  options: WriteOptions,
): Promise<void> {
  if (body.byteLength > 2 * options.partBytes) {
    await uploadMultipart(context, key, byteParts(body, options.partBytes), options)
    await checkStoredSize(context, key, body.byteLength, options)
    return
  }
  const command = new PutObjectCommand({
    Bucket: context.bucket,
    Key: key,
    Body: body,
    ContentLength: body.byteLength,
    ContentType: options.contentType,
    Metadata: { ...options.metadata },
    ...(options.onlyIfAbsent ? { IfNoneMatch: '*' } : {}),
  })
  await context.call(context.at({ key }), options.signal, (abortSignal) =>
    context.client.send(command, { abortSignal }),
  )
}

/**
 * Writes a stream of unknown length; up to one part goes as a single request. An error of the
 * stream itself passes as it is. Returns the bytes sent.
 */
export async function writeS3Stream(
  context: S3Context,
  key: ObjectKey,
  body: Readable,
  options: WriteOptions,
): Promise<number> {
  const parts = streamParts(body, options.partBytes)
  const first = await parts.next()
  if (first.done === true) throw new TypeError('a stream makes at least one part')
  let sizeBytes = first.value.bytes.byteLength
  if (first.value.isOnly) {
    await writeS3Bytes(context, key, first.value.bytes, options)
  } else {
    const onFailure = (): void => void body.destroy()
    const allParts = resumedParts(first.value, parts)
    sizeBytes = await uploadMultipart(context, key, allParts, { ...options, onFailure })
  }
  await checkStoredSize(context, key, sizeBytes, options)
  return sizeBytes
}

/**
 * Of a single request the store checks the length and the MD5 itself. What it made of several parts
 * or of a stream it is asked: the framing of streams has ended up inside objects before.
 */
async function checkStoredSize(
  context: S3Context,
  key: ObjectKey,
  sizeBytes: number,
  options: CallOptions,
): Promise<void> {
  const stored = await headS3Object(context, key, options)
  if (stored?.sizeBytes === sizeBytes) return
  throw new ClaimCheckError(
    'STORE_FAILED',
    `The store keeps ${stored?.sizeBytes ?? 'no'} bytes of the ${sizeBytes} it was sent`,
    { remedy: 'Look for a proxy that rewrites bodies.', at: context.at({ key }) },
  )
}
