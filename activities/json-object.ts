import type { z } from 'zod'
import { digestOf, type CallOptions, type ObjectKey, type ObjectStore } from '../codec/index.ts'
import { PipelineError } from './pipeline-error.ts'

/** Looks at an object that is written again between what is read of it and of its digest. */
const mostLooks = 3

/**
 * Writes plain data as a JSON object that an operator can read in the bucket, with the SHA-256 of its bytes
 * beside it.
 */
export async function putJson(
  store: ObjectStore,
  key: ObjectKey,
  value: unknown,
  options: CallOptions = {},
): Promise<{ sizeBytes: number }> {
  const body = jsonBody(value)
  await store.put(key, body, { ...options, ...(await factsOf(body)) })
  return { sizeBytes: body.length }
}

/** As `putJson`, unless something is there already: that stays. Says whether it has written. */
export async function putJsonOnce(
  store: ObjectStore,
  key: ObjectKey,
  value: unknown,
  options: CallOptions = {},
): Promise<{ sizeBytes: number; isWritten: boolean }> {
  const body = jsonBody(value)
  const outcome = await store.putIfAbsent(key, body, { ...options, ...(await factsOf(body)) })
  return { sizeBytes: body.length, isWritten: outcome === 'written' }
}

function jsonBody(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`)
}

async function factsOf(body: Buffer) {
  return { contentType: 'application/json', metadata: { sha256: await digestOf(body) } }
}

/**
 * Reads a JSON object of ours and checks its digest and its shape; `undefined` when it is not there. One
 * that an earlier version has written has no digest.
 *
 * @throws PipelineError OBJECT_UNREADABLE when it is there and not what we write
 */
export async function findJson<T>(
  store: ObjectStore,
  key: ObjectKey,
  schema: z.ZodType<T>,
  options: CallOptions = {},
): Promise<T | undefined> {
  const body = await findBody(store, key, options)
  if (body === undefined) return undefined
  try {
    return schema.parse(JSON.parse(Buffer.from(body).toString('utf8')))
  } catch (cause) {
    throw unreadable(store, key, 'cannot be read', cause)
  }
}

async function findBody(
  store: ObjectStore,
  key: ObjectKey,
  options: CallOptions,
): Promise<Uint8Array | undefined> {
  for (let look = 0; look < mostLooks; look += 1) {
    const head = await store.head(key, options)
    if (head === undefined) return undefined
    const body = await store.get(key, options)
    const { sha256 } = head.metadata
    if (sha256 === undefined || sha256 === (await digestOf(body))) return body
  }
  throw unreadable(store, key, 'is not what was written: its SHA-256 is another')
}

function unreadable(
  store: ObjectStore,
  key: ObjectKey,
  what: string,
  cause?: unknown,
): PipelineError {
  return new PipelineError('OBJECT_UNREADABLE', `an object of this pipeline ${what}`, {
    at: { bucket: store.bucket, key },
    remedy: 'It was changed or written by another version; start the run again with --refetch.',
    cause,
  })
}

/** As `findJson`, where absence is an error. */
export async function getJson<T>(
  store: ObjectStore,
  key: ObjectKey,
  schema: z.ZodType<T>,
  options: CallOptions = {},
): Promise<T> {
  const value = await findJson(store, key, schema, options)
  if (value !== undefined) return value
  throw new PipelineError('OBJECT_UNREADABLE', 'an object of this run is not in the store', {
    at: { bucket: store.bucket, key },
    remedy: 'It was deleted while the run needed it; start the run again.',
  })
}
