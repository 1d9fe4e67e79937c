import type { CodedError } from '../../../codec/index.ts'
import { findObject } from '../../inspect/blobs/find-object.ts'
import { openContent, type OpenContent } from '../../inspect/blobs/open-content.ts'
import { parseObjectName } from '../../inspect/blobs/parse-object-name.ts'
import { toShownError } from '../api/answer-error.ts'
import type { PageServices } from './page-services.ts'

export interface DownloadOptions {
  readonly method: string
  /** Hears why a download that has begun broke off: who downloads cannot be told. */
  readonly onFailure: (error: CodedError) => void
}

/**
 * All bytes of an object, verified as they stream: a download of what is damaged breaks off, and is
 * never taken for whole.
 */
export async function downloadObject(
  { name = '' }: { readonly name?: string },
  { place }: PageServices,
  { method, onFailure }: DownloadOptions,
): Promise<Response> {
  const found = await findObject(place, parseObjectName(name))
  const fileName = (found.key.split('/').at(-1) ?? 'object').replaceAll(/[^\w.-]/g, '_')
  const headers = {
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="${fileName}"`,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  }
  // Nobody would read what was opened, nor close it.
  if (method === 'HEAD') return new Response(null, { headers })
  return new Response(bodyOf(await openContent(place, found), onFailure), { headers })
}

/** Closed at its end, and by a client that goes away, also before the first byte was read. */
function bodyOf(
  content: OpenContent,
  onFailure: DownloadOptions['onFailure'],
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await content.bytes.next()
          if (done !== true) return controller.enqueue(value)
          await content.close()
          controller.close()
        } catch (thrown) {
          const error = toShownError(thrown)
          onFailure(error)
          await content.close()
          throw brokenOff(error)
        }
      },
      async cancel() {
        await content.close()
      },
    },
    { highWaterMark: 0 },
  )
}

/** For the server beneath, which writes what it hears of to standard error as it is. */
function brokenOff({ code }: CodedError): Error {
  const error = new Error(`a download broke off: ${code}`)
  error.stack = ''
  return error
}
