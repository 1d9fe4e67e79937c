import { abortablePause } from './abortable-pause.ts'
import { ClaimCheckError } from './claim-check-error.ts'
import { objectReplaced } from './object-errors.ts'
import type { CallOptions, ObjectKey, ObjectStore, ObjectStream } from './object-store.ts'

export interface ResumeOptions extends CallOptions {
  /** Failures in a row without a byte of progress, until the last one is thrown. @default 3 */
  readonly maxAttempts?: number
}

export interface ObjectPiece {
  readonly bytes: Uint8Array
  /** Where in the object they lie. Behind what came before, or 0 again: then all came anew. */
  readonly startBytes: number
  /** Of the whole object; undefined where the store did not say. */
  readonly objectBytes: number | undefined
}

const FIRST_PAUSE_MS = 100

/**
 * The pieces of a whole object, read on from the byte reached when a body is cut. Bytes of two
 * versions are never mixed: the object must keep its etag. Where it was replaced, or the store gives
 * no etag, reading starts over if the caller can take that, else it fails as retryable.
 *
 * A failure to begin with is not tried again here, for the store has done so itself.
 */
export async function* resumedPieces(
  store: Pick<ObjectStore, 'bucket' | 'getStream'>,
  key: ObjectKey,
  options: ResumeOptions & { readonly mayStartOver: boolean },
): AsyncGenerator<ObjectPiece, void> {
  const { maxAttempts = 3, mayStartOver, ...call } = options
  let begun: ObjectStream | undefined
  let reachedBytes = 0
  let furthestBytes = 0
  let failures = 0
  for (;;) {
    try {
      const body = await openAt(store, key, call, begun, reachedBytes)
      begun = reachedBytes === 0 ? body : (begun ?? body)
      for await (const chunk of body) {
        const bytes = toBytes(chunk)
        yield { bytes, startBytes: reachedBytes, objectBytes: begun.objectBytes }
        reachedBytes += bytes.byteLength
        if (reachedBytes <= furthestBytes) continue
        furthestBytes = reachedBytes
        failures = 0
      }
      return
    } catch (error) {
      call.signal?.throwIfAborted()
      if (!(error instanceof ClaimCheckError) || !error.retryable || begun === undefined) {
        throw error
      }
      failures += 1
      if (failures >= maxAttempts) throw error
      const canGoOn = error.code !== 'OBJECT_REPLACED' && begun.etag !== undefined
      if (reachedBytes > 0 && !canGoOn) {
        if (!mayStartOver) throw error
        reachedBytes = 0
      }
    }
    if (failures > 1) await abortablePause(FIRST_PAUSE_MS * 2 ** (failures - 2), call.signal)
  }
}

async function openAt(
  store: Pick<ObjectStore, 'bucket' | 'getStream'>,
  key: ObjectKey,
  call: CallOptions,
  begun: ObjectStream | undefined,
  startBytes: number,
): Promise<ObjectStream> {
  const { etag, objectBytes } = begun ?? {}
  if (startBytes === 0 || etag === undefined) return store.getStream(key, call)
  const body = await store.getStream(key, { ...call, startBytes, etag })
  if ((body.objectBytes ?? objectBytes) === (objectBytes ?? body.objectBytes)) return body
  body.destroy()
  throw objectReplaced(`The object had ${objectBytes} bytes and now has ${body.objectBytes}`, {
    bucket: store.bucket,
    key,
  })
}

function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  throw new TypeError('a body must yield bytes')
}
