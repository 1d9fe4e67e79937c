import { createHash } from 'node:crypto'
import type { S3Client } from '@aws-sdk/client-s3'
import { visitSlices } from './byte-slices.ts'

interface RequestWithBody {
  readonly headers: Record<string, string>
  readonly body: Uint8Array | string
}

/**
 * Sends `Content-MD5` with every body instead of the SDK's newer checksum headers.
 *
 * Every S3-like store since 2006 knows it and refuses a body that arrives damaged, while R2, B2 and
 * older Ceph answer 501 to `x-amz-checksum-crc32`, and some demand MD5 for batch deletes. It guards
 * the way to the store only; what is read back is checked against its SHA-256 by whoever asked.
 */
export function sendContentMd5(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const request: unknown = args.request
      if (hasBody(request)) {
        for (const name of Object.keys(request.headers)) {
          if (isNewerChecksum(name)) delete request.headers[name]
        }
        const { md5, sha256 } = await digestsOf(request.body)
        request.headers['content-md5'] = md5
        // The signer would make this one, of the whole body in one go.
        request.headers['x-amz-content-sha256'] = sha256
      }
      return next(args)
    },
    // After the SDK's own checksums, before the retries and the signing.
    { name: 'claimcheckContentMd5', step: 'build', priority: 'low', override: true },
  )
}

async function digestsOf(
  body: Uint8Array | string,
): Promise<{ readonly md5: string; readonly sha256: string }> {
  const md5 = createHash('md5')
  const sha256 = createHash('sha256')
  await visitSlices(typeof body === 'string' ? Buffer.from(body) : body, (slice) => {
    md5.update(slice)
    sha256.update(slice)
  })
  return { md5: md5.digest('base64'), sha256: sha256.digest('hex') }
}

function isNewerChecksum(header: string): boolean {
  const name = header.toLowerCase()
  return name.startsWith('x-amz-checksum-') || name === 'x-amz-sdk-checksum-algorithm'
}

function hasBody(request: unknown): request is RequestWithBody {
  if (typeof request !== 'object' || request === null) return false
  if (!('headers' in request) || !('body' in request)) return false
  if (typeof request.headers !== 'object' || request.headers === null) return false
  return request.body instanceof Uint8Array || typeof request.body === 'string'
}
