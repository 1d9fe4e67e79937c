import { createHash, timingSafeEqual } from 'node:crypto'
import { CodecServerError } from './codec-server-error.ts'

/** What the Temporal UI sends; a browser asks whether it may. */
const allowedHeaders = 'content-type, x-namespace, authorization, authorization-extras'
/** How long a browser need not ask again. */
const preflightSeconds = '600'

export interface AccessOptions {
  readonly token?: string | undefined
  readonly allowedOrigins?: readonly string[] | undefined
}

/** Who may ask: pages of the origins in the list, programs that send no origin, and the token. */
export interface Access {
  /** What a browser needs to see, on refusals too: else its page could not read why. */
  corsHeaders(request: Request): Readonly<Record<string, string>>
  /** Throws `CODEC_ORIGIN_REFUSED`. */
  checkOrigin(request: Request): void
  /** Throws `CODEC_TOKEN_WRONG`. */
  checkToken(request: Request): void
}

/** Throws `RangeError` for an empty token, and for what is no origin. */
export function createAccess({ token, allowedOrigins = [] }: AccessOptions): Access {
  if (token === '') throw new RangeError('token must not be empty; leave it out for none')
  for (const origin of allowedOrigins) {
    // `*` is none: with it any page that a browser shows could read what the codec decodes.
    if (URL.parse(origin)?.origin !== origin) {
      throw new RangeError(`an allowed origin looks like https://ui.example.com, not ${origin}`)
    }
  }
  const origins = new Set(allowedOrigins)
  const wanted = token === undefined ? undefined : digestOf(`Bearer ${token}`)
  return {
    corsHeaders(request) {
      const origin = request.headers.get('origin')
      const headers = { vary: 'Origin' }
      if (origin === null || !origins.has(origin)) return headers
      return {
        ...headers,
        'access-control-allow-origin': origin,
        // For a gateway in front that knows people by their cookies.
        'access-control-allow-credentials': 'true',
        'access-control-allow-headers': allowedHeaders,
        'access-control-allow-methods': 'POST, OPTIONS',
        'access-control-max-age': preflightSeconds,
      }
    },
    checkOrigin({ headers }) {
      const origin = headers.get('origin')
      // Withholding the headers would hide the answer, but the work would have been done.
      if (origin === null || origins.has(origin)) return
      throw new CodecServerError('CODEC_ORIGIN_REFUSED', 'The origin of the page is not allowed', {
        remedy: 'Add the address of the Temporal UI to the allowed origins, exactly as it is.',
      })
    },
    checkToken({ headers }) {
      if (wanted === undefined) return
      // Of digests, so that neither content nor length shows in the time it takes.
      const given = (headers.get('authorization') ?? '').replace(/^bearer +/i, 'Bearer ')
      if (timingSafeEqual(digestOf(given), wanted)) return
      throw new CodecServerError('CODEC_TOKEN_WRONG', 'The token is missing or wrong', {
        remedy: 'Send it as `Authorization: Bearer …` (temporal: --codec-auth "Bearer …").',
      })
    },
  }
}

function digestOf(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}
