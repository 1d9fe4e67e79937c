import { createHash, timingSafeEqual } from 'node:crypto'
import { ApiError } from './api-error.ts'

export interface ApiAccessOptions {
  /** Where the server listens. */
  readonly host: string
  /** Asked for as `Authorization: Bearer …`. @default none */
  readonly token?: string | undefined
}

/** Who may ask. */
export interface ApiAccess {
  /**
   * A page that a browser shows must not ask in a person's name: neither one of another origin, nor one
   * whose name was made to lead here (DNS rebinding).
   *
   * @throws ApiError WEB_HOST_REFUSED, WEB_ORIGIN_REFUSED
   */
  checkPlace(request: Request): void
  /** @throws ApiError WEB_TOKEN_WRONG */
  checkToken(request: Request): void
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i

export function createApiAccess({ host, token }: ApiAccessOptions): ApiAccess {
  const own = host.includes(':') ? `[${host}]` : host.toLowerCase()
  const wanted = token === undefined ? undefined : digestOf(`Bearer ${token}`)
  return {
    checkPlace({ headers }) {
      const called = headers.get('host') ?? ''
      const name = URL.parse(`http://${called}`)?.hostname ?? ''
      // With a token a page that leads here by its name has nothing to show, and proxies have names of their own.
      if (wanted === undefined && name !== own && !LOOPBACK.test(name)) {
        throw new ApiError('WEB_HOST_REFUSED', 'The Host of the request is not this server', {
          remedy: 'Ask by the address that the server listens at, or set CLAIMCHECK_WEB_TOKEN.',
        })
      }
      const origin = headers.get('origin')
      if (origin === null || isOf(origin, called)) return
      throw new ApiError('WEB_ORIGIN_REFUSED', 'The page that asks is of another origin', {
        remedy: 'Ask from a program, or from a page of this server.',
      })
    },
    checkToken({ headers }) {
      if (wanted === undefined) return
      // Of digests, so that neither content nor length shows in the time it takes.
      const given = (headers.get('authorization') ?? '').replace(/^bearer +/i, 'Bearer ')
      if (timingSafeEqual(digestOf(given), wanted)) return
      throw new ApiError('WEB_TOKEN_WRONG', 'The token is missing or wrong', {
        remedy: 'Send CLAIMCHECK_WEB_TOKEN of the server as `Authorization: Bearer …`.',
      })
    },
  }
}

/** Whether an origin is the host that was called, whatever a proxy before it speaks. */
function isOf(origin: string, host: string): boolean {
  const url = URL.parse(origin)
  const called = URL.parse(`${url?.protocol ?? ''}//${host}`)
  return url !== null && called !== null && url.host !== '' && url.host === called.host
}

function digestOf(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}
