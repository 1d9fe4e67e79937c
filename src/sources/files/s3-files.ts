import type { ObjectKey } from '../../../codec/index.ts'
import type { S3Context } from '../../../codec/s3-context.ts'
import { headS3Object } from '../../../codec/s3-read.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { fileMissing } from './file-errors.ts'
import { isBucketName, s3Place } from './file-kind.ts'
import type { FilePath } from './file-path.ts'
import type { FileRequest, FileStore, FoundFile } from './file-store.ts'
import { matchesGlob, type Glob } from './glob.ts'
import { isMarker } from './is-marker.ts'
import { listObjects } from './list-objects.ts'
import { objectVersion, openObject } from './open-object.ts'
import type { S3Connections } from './s3-connections.ts'
import { s3Failure } from './s3-failure.ts'

export interface S3FilesOptions {
  readonly connections: S3Connections
  /** The wait after the second cut of a body in a row. */
  readonly firstDelayMs: number
}

/** Objects of S3 stores. */
export function createS3Files({ connections, firstDelayMs }: S3FilesOptions): FileStore {
  return {
    async *find(path, request) {
      const { context, key } = locate(connections, path, request)
      const { place } = path
      const { s3 } = request.source
      const isState = (each: string) => connections.isState(s3, context.bucket, each)
      try {
        yield* path.glob === undefined
          ? [await look(context, key, place, request.signal)]
          : search(context, key, { place, glob: path.glob, isState }, request.signal)
      } catch (error) {
        request.signal.throwIfAborted()
        throw s3Failure(error, place)
      }
    },
    async open(file, request) {
      const { context, key } = locate(connections, file, request)
      const { place } = file
      const { signal } = request
      try {
        return await openObject(context, key as ObjectKey, { place, signal, firstDelayMs })
      } catch (error) {
        signal.throwIfAborted()
        throw s3Failure(error, place)
      }
    },
  }
}

function locate(
  connections: S3Connections,
  { address, place }: FilePath,
  { source }: FileRequest,
): { context: S3Context; key: string } {
  const { bucket, key } = s3Place(address)
  if (isBucketName(bucket)) {
    connections.admit(source.s3, { bucket, key, place })
    return { context: connections.context(source.s3, bucket), key }
  }
  throw new PipelineError('SOURCE_SETTING_INVALID', 'the path names no bucket', {
    at: { path: place },
    remedy: 'Correct it, or the variables in the environment of the worker: s3://bucket/key.',
  })
}

async function look(
  context: S3Context,
  key: string,
  place: string,
  signal: AbortSignal,
): Promise<FoundFile> {
  const head = key === '' ? undefined : await headS3Object(context, key as ObjectKey, { signal })
  if (head === undefined) throw fileMissing({ path: place })
  return found(context, key, place, head)
}

interface Search {
  readonly place: string
  readonly glob: Glob
  /** Whether a key is passed over: what lies there is no data. */
  readonly isState: (key: string) => boolean
}

async function* search(
  context: S3Context,
  folder: string,
  { place, glob, isState }: Search,
  signal: AbortSignal,
): AsyncGenerator<FoundFile> {
  for await (const object of listObjects(context, folder + glob.firstLetters, { signal })) {
    const within = object.key.slice(folder.length)
    if (!matchesGlob(glob, within) || isMarker(within, object.sizeBytes)) continue
    if (isState(object.key)) continue
    yield found(context, object.key, place + within, object)
  }
}

function found(
  { bucket }: S3Context,
  key: string,
  place: string,
  { etag, sizeBytes }: { readonly etag: string | undefined; readonly sizeBytes: number },
): FoundFile {
  return {
    place,
    identity: JSON.stringify(['s3', bucket, key]),
    version: etag === undefined ? '' : objectVersion(etag, sizeBytes),
    sizeBytes,
  }
}
