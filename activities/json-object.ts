import type { z } from 'zod'
import type { CallOptions, ObjectKey, ObjectStore } from '../codec/index.ts'
import { PipelineError } from './pipeline-error.ts'

const contentType = 'application/json'

/** Writes plain data as a JSON object that an operator can read in the bucket. */
export async function putJson(
  store: ObjectStore,
  key: ObjectKey,
  value: unknown,
  options: CallOptions = {},
): Promise<{ sizeBytes: number }> {
  const body = jsonBody(value)
  await store.put(key, body, { ...options, contentType })
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
  const outcome = await store.putIfAbsent(key, body, { ...options, contentType })
  return { sizeBytes: body.length, isWritten: outcome === 'written' }
}

function jsonBody(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`)
}

/**
 * Reads a JSON object of ours and checks its shape; `undefined` when it is not there.
 *
 * @throws PipelineError OBJECT_UNREADABLE when it is there and not what we write
 */
export async function findJson<T>(
  store: ObjectStore,
  key: ObjectKey,
  schema: z.ZodType<T>,
  options: CallOptions = {},
): Promise<T | undefined> {
  if ((await store.head(key, options)) === undefined) return undefined
  const body = await store.get(key, options)
  try {
    return schema.parse(JSON.parse(Buffer.from(body).toString('utf8')))
  } catch (cause) {
    throw new PipelineError('OBJECT_UNREADABLE', 'an object of this pipeline cannot be read', {
      at: { bucket: store.bucket, key },
      remedy: 'It was changed or written by another version; start the run again with --refetch.',
      cause,
    })
  }
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
