import { ApiError } from './api-error.ts'
import { requestInvalid } from './request-invalid.ts'

const maxBodyBytes = 1024 ** 2

/**
 * The JSON of a request; undefined where it has no body. Read no further than the limit, whatever length
 * is declared.
 *
 * @throws ApiError REQUEST_TOO_LARGE, REQUEST_TYPE_UNSUPPORTED, REQUEST_INVALID
 */
export async function readBody(request: Request): Promise<unknown> {
  const bytes = await readBytes(request)
  const contentType = request.headers.get('content-type')
  if (bytes.byteLength === 0 && contentType === null) return undefined
  if (!/^application\/json\s*(;|$)/i.test(contentType ?? '')) {
    throw new ApiError('REQUEST_TYPE_UNSUPPORTED', 'The body is not declared to be JSON', {
      remedy: 'Send it with `Content-Type: application/json`.',
    })
  }
  if (bytes.byteLength === 0) return undefined
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    // Not with its cause, which quotes what it read.
    throw requestInvalid('The body is not JSON in UTF-8')
  }
}

async function readBytes(request: Request): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) throw tooLarge()
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  try {
    for await (const chunk of request.body ?? []) {
      sizeBytes += chunk.byteLength
      // Leaving the loop cancels the stream.
      if (sizeBytes > maxBodyBytes) throw tooLarge()
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw requestInvalid('The body broke off')
  }
  return Buffer.concat(chunks)
}

function tooLarge(): ApiError {
  return new ApiError('REQUEST_TOO_LARGE', `The body is over ${maxBodyBytes} bytes`, {
    remedy: 'Send less; data comes from sources, not from requests.',
  })
}
