import type { IncomingMessage } from 'node:http'
import { badRequest } from './bad-request.ts'
import { SampleSourceError } from './sample-source-error.ts'

const MAX_BODY_BYTES = 1 << 20

/**
 * @throws SampleSourceError SAMPLE_REQUEST_INVALID where the body is not JSON,
 *   SAMPLE_REQUEST_TOO_LARGE where it is above 1 MiB.
 */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let byteLength = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    byteLength += bytes.length
    if (byteLength > MAX_BODY_BYTES) {
      throw new SampleSourceError('SAMPLE_REQUEST_TOO_LARGE', 'the body is above 1 MiB', {
        remedy: 'Send a shorter fault plan.',
      })
    }
    chunks.push(bytes)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    throw badRequest('the body is not JSON')
  }
}
