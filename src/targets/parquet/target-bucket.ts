import { HeadBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import type { z } from 'zod'
import { ClaimCheckError } from '../../../codec/claim-check-error.ts'
import type { ObjectFacts, ObjectHead, ObjectKey } from '../../../codec/index.ts'
import { readWholeObject } from '../../../codec/read-whole-object.ts'
import type { S3Context } from '../../../codec/s3-context.ts'
import { deleteS3Objects } from '../../../codec/s3-delete.ts'
import { readS3Error } from '../../../codec/s3-error.ts'
import { listS3Objects } from '../../../codec/s3-list.ts'
import { headS3Object, readS3Stream } from '../../../codec/s3-read.ts'
import { writeS3Bytes } from '../../../codec/s3-write.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'

const idleTimeoutMs = 30_000
const upload = { partBytes: 8 * 1024 * 1024, partConcurrency: 4, maxParts: 10_000 }

/** A JSON object as it stood when it was read. */
export interface Found<Value> {
  readonly value: Value
  /** Names these very bytes, for `swapJson`. */
  readonly etag: string | undefined
}

/** The bucket of a target, with the conditional writes that make a switch. Obeys one signal. */
export class TargetBucket {
  readonly #context: S3Context
  readonly #signal: AbortSignal

  constructor(context: S3Context, signal: AbortSignal) {
    this.#context = context
    this.#signal = signal
  }

  /** @throws ClaimCheckError STORE_BUCKET_MISSING; a key that may not look at the bucket may use it */
  async checkExistence(): Promise<void> {
    const { client, call, bucket, at } = this.#context
    await call(at({ bucket }), this.#signal, async (abortSignal) => {
      try {
        await client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal })
      } catch (error) {
        const { status } = readS3Error(error)
        if (status === 403) return
        if (status !== 404) throw error
        throw new ClaimCheckError('STORE_BUCKET_MISSING', 'The bucket does not exist', {
          remedy: 'Create the bucket.',
          at: { bucket },
          cause: error,
        })
      }
    })
  }

  /**
   * A JSON object of ours; undefined where there is none.
   *
   * @throws PipelineError OBJECT_UNREADABLE when it is there and not what we write
   */
  async findJson<Value>(
    key: ObjectKey,
    schema: z.ZodType<Value>,
  ): Promise<Found<Value> | undefined> {
    let etag: string | undefined
    let body: Uint8Array
    try {
      body = await readWholeObject(
        {
          bucket: this.#context.bucket,
          getStream: async (name, options) => {
            const stream = await readS3Stream(this.#context, name, { ...options, idleTimeoutMs })
            etag = stream.etag
            return stream
          },
        },
        key,
        { signal: this.#signal },
      )
    } catch (error) {
      if (error instanceof ClaimCheckError && error.code === 'OBJECT_MISSING') return undefined
      throw error
    }
    try {
      return { value: schema.parse(JSON.parse(Buffer.from(body).toString('utf8'))), etag }
    } catch (cause) {
      throw new PipelineError('OBJECT_UNREADABLE', 'an object of this target cannot be read', {
        at: { bucket: this.#context.bucket, key },
        remedy: 'It was changed, or written by another version: restore it, or load elsewhere.',
        cause,
      })
    }
  }

  async putJson(key: ObjectKey, value: unknown): Promise<void> {
    await this.#write(key, jsonBody(value), { contentType: 'application/json', once: false })
  }

  /** Writes unless something is there already: that stays. */
  async putJsonOnce(key: ObjectKey, value: unknown): Promise<'written' | 'present'> {
    return this.#putOnce(key, jsonBody(value), { contentType: 'application/json' })
  }

  /** The same of a file, with what it says of itself. */
  async putFileOnce(
    key: ObjectKey,
    body: Uint8Array,
    metadata: Readonly<Record<string, string>>,
  ): Promise<'written' | 'present'> {
    return this.#putOnce(key, body, { contentType: 'application/vnd.apache.parquet', metadata })
  }

  /**
   * Writes where the object is still that of `etag`, or still none; says whether it has written. An
   * answer that was lost on its way reads as `false` too: look at what is there.
   */
  async swapJson(key: ObjectKey, value: unknown, etag: string | undefined): Promise<boolean> {
    const { client, call, bucket, at } = this.#context
    const body = jsonBody(value)
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: body,
      ContentLength: body.length,
      ContentType: 'application/json',
      ...(etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: `"${etag}"` }),
    })
    try {
      await call(at({ key }), this.#signal, (abortSignal) => client.send(command, { abortSignal }))
      return true
    } catch (error) {
      if (isUnmet(error)) return false
      throw error
    }
  }

  head(key: ObjectKey): Promise<ObjectHead | undefined> {
    return headS3Object(this.#context, key, { signal: this.#signal })
  }

  list(prefix: string): AsyncIterable<ObjectFacts> {
    return listS3Objects(this.#context, prefix, { signal: this.#signal })
  }

  async delete(...keys: readonly ObjectKey[]): Promise<void> {
    await deleteS3Objects(this.#context, keys, { signal: this.#signal })
  }

  /** @param folder With a slash at its end. */
  async deleteFolder(folder: string): Promise<void> {
    const keys: ObjectKey[] = []
    for await (const { key } of this.list(folder)) keys.push(key)
    await this.delete(...keys)
  }

  async #putOnce(
    key: ObjectKey,
    body: Uint8Array,
    options: Omit<WriteChoice, 'once'>,
  ): Promise<'written' | 'present'> {
    // The refusal of a long body would come only after all of it was sent.
    const isLong = body.byteLength > upload.partBytes
    if (isLong && (await this.head(key)) !== undefined) return 'present'
    try {
      await this.#write(key, body, { ...options, once: true })
      return 'written'
    } catch (error) {
      if (isUnmet(error) && (await this.head(key)) !== undefined) return 'present'
      throw error
    }
  }

  async #write(key: ObjectKey, body: Uint8Array, { once, ...options }: WriteChoice): Promise<void> {
    await writeS3Bytes(this.#context, key, body, {
      ...options,
      ...upload,
      signal: this.#signal,
      onlyIfAbsent: once,
    })
  }
}

interface WriteChoice {
  readonly contentType: string
  readonly metadata?: Readonly<Record<string, string>>
  /** Only where nothing is there. */
  readonly once: boolean
}

/** Whether a conditional write was refused for its condition, or for another one under way. */
function isUnmet(error: unknown): boolean {
  const { status } = readS3Error(error instanceof ClaimCheckError ? error.cause : error)
  return [304, 404, 409, 412].includes(status) && !isBucketMissing(error)
}

function isBucketMissing(error: unknown): boolean {
  return error instanceof ClaimCheckError && error.code === 'STORE_BUCKET_MISSING'
}

function jsonBody(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`)
}
