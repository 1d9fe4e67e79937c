import { Readable } from 'node:stream'
import {
  GetObjectCommand,
  HeadObjectCommand,
  type GetObjectCommandOutput,
} from '@aws-sdk/client-s3'
import { ClaimCheckError } from './claim-check-error.ts'
import type { ErrorPlace } from './coded-error.ts'
import { guardedBody } from './guarded-body.ts'
import { objectReplaced, objectTooShort } from './object-errors.ts'
import type {
  CallOptions,
  GetStreamOptions,
  ObjectHead,
  ObjectKey,
  ObjectStream,
} from './object-store.ts'
import type { S3Context } from './s3-context.ts'
import { readS3Error } from './s3-error.ts'
import { readEtag } from './s3-etag.ts'

export interface ReadOptions extends GetStreamOptions {
  readonly idleTimeoutMs: number
}

/** What the store says of an object; undefined where there is none. */
export async function headS3Object(
  { client, call, bucket, at }: S3Context,
  key: ObjectKey,
  options: CallOptions,
): Promise<ObjectHead | undefined> {
  const command = new HeadObjectCommand({ Bucket: bucket, Key: key })
  try {
    const answer = await call(at({ key }), options.signal, (abortSignal) =>
      client.send(command, { abortSignal }),
    )
    return {
      key,
      sizeBytes: answer.ContentLength ?? 0,
      lastModified: answer.LastModified ?? new Date(0),
      contentType: answer.ContentType,
      metadata: answer.Metadata ?? {},
      etag: readEtag(answer.ETag),
    }
  } catch (error) {
    if (error instanceof ClaimCheckError && error.code === 'OBJECT_MISSING') return undefined
    throw error
  }
}

/**
 * The body from `startBytes` to `endBytes`. What the answer says is checked, not believed: a store may ignore
 * `Range` and send everything, or `If-Match` and send another object.
 */
export async function readS3Stream(
  context: S3Context,
  key: ObjectKey,
  options: ReadOptions,
): Promise<ObjectStream> {
  const { client, call } = context
  const { startBytes = 0, endBytes, etag, signal, idleTimeoutMs } = options
  const at = context.at({ key })
  const command = new GetObjectCommand({
    Bucket: context.bucket,
    Key: key,
    ...(startBytes === 0 && endBytes === undefined
      ? {}
      : { Range: `bytes=${startBytes}-${endBytes === undefined ? '' : endBytes - 1}` }),
    ...(etag === undefined ? {} : { IfMatch: `"${etag}"` }),
  })
  let answer: GetObjectCommandOutput
  try {
    answer = await call(at, signal, (abortSignal) => client.send(command, { abortSignal }))
  } catch (error) {
    const { status } = readS3Error(error instanceof ClaimCheckError ? error.cause : error)
    if (status === 416) return emptyEnd(context, key, options)
    if (status === 412) throw replaced(at, error)
    throw error
  }
  const { Body: body } = answer
  if (!(body instanceof Readable)) throw new TypeError('the SDK gave no Node stream')
  try {
    const found = readEtag(answer.ETag)
    if (etag !== undefined && found !== etag) throw replaced(at)
    const span = spanOf(answer, options, at)
    const guarded = guardedBody(body, { ...span, idleTimeoutMs, signal, at })
    return Object.assign(guarded, { objectBytes: span.objectBytes, etag: found })
  } catch (error) {
    body.destroy()
    throw error
  }
}

interface BodySpan {
  readonly objectBytes: number | undefined
  readonly expectedBytes: number | undefined
  readonly skippedBytes: number
  readonly untilBytes?: number | undefined
}

/** Which bytes of the object an answer holds, of those that were asked for. */
function spanOf(
  answer: GetObjectCommandOutput,
  { startBytes = 0, endBytes }: ReadOptions,
  at: ErrorPlace,
): BodySpan {
  const { ContentLength: lengthBytes, ContentRange: range } = answer
  if (answer.$metadata.httpStatusCode !== 206) {
    if (lengthBytes !== undefined && lengthBytes < startBytes) {
      throw objectTooShort(lengthBytes, startBytes, at)
    }
    return {
      objectBytes: lengthBytes,
      expectedBytes: lengthBytes,
      skippedBytes: startBytes,
      untilBytes: endBytes,
    }
  }
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(range ?? '') ?? []
  const objectBytes = Number(total)
  const expectedBytes = Number(last) + 1 - Number(first)
  // Written so that a range that cannot be read, all NaN, is refused too.
  const isWhatWasAsked =
    Number(first) === startBytes &&
    Number(last) + 1 === Math.min(objectBytes, endBytes ?? objectBytes) &&
    (lengthBytes ?? expectedBytes) === expectedBytes
  if (isWhatWasAsked) return { objectBytes, expectedBytes, skippedBytes: 0 }
  throw new ClaimCheckError(
    'STORE_FAILED',
    `The store answers a request for the bytes from ${startBytes} to ${endBytes ?? 'the end'} with "${range ?? ''}"`,
    { remedy: 'Look for a proxy that keeps or rewrites ranges.', at },
  )
}

/** "Not satisfiable" is also said of the object's very end, where there is simply nothing more. */
async function emptyEnd(
  context: S3Context,
  key: ObjectKey,
  { startBytes = 0, etag, signal }: ReadOptions,
): Promise<ObjectStream> {
  const at = context.at({ key })
  const head = await headS3Object(context, key, signal === undefined ? {} : { signal })
  if (head === undefined || (etag !== undefined && head.etag !== etag)) throw replaced(at)
  const { sizeBytes: objectBytes } = head
  if (objectBytes !== startBytes) throw objectTooShort(objectBytes, startBytes, at)
  return Object.assign(Readable.from([], { objectMode: false }), { objectBytes, etag: head.etag })
}

function replaced(at: ErrorPlace, cause?: unknown): ClaimCheckError {
  return objectReplaced('The object is not the one that reading began with', at, cause)
}
