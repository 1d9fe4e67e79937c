import { createHash, timingSafeEqual } from 'node:crypto'
import { ApiError } from './api-error.ts'
import { isSession, sessionCookie } from './page-session.ts'

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
  /** @throws ApiError WEB_TOKEN_WRONG */
  checkGivenToken(token: string): void
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
      // A picture or a script of a page elsewhere comes without an origin, and browsers say so; a link does no harm.
      const isEmbedded =
        headers.get('sec-fetch-site') === 'cross-site' &&
        headers.get('sec-fetch-mode') !== 'navigate'
      if (origin === null ? !isEmbedded : isOf(origin, called)) return
      throw new ApiError('WEB_ORIGIN_REFUSED', 'The page that asks is of another origin', {
        remedy: 'Ask from a program, or from a page of this server.',
      })
    },
    checkToken({ headers }) {
      if (token === undefined || wanted === undefined) return
      // Of digests, so that neither content nor length shows in the time it takes.
      const given = (headers.get('authorization') ?? '').replace(/^bearer +/i, 'Bearer ')
      if (timingSafeEqual(digestOf(given), wanted)) return
      // A browser that has signed in; no page of another origin comes with it.
      if (isSession(token, cookieOf(headers) ?? '')) return
      throw tokenWrong()
    },
    checkGivenToken(given) {
      if (wanted === undefined || timingSafeEqual(digestOf(`Bearer ${given}`), wanted)) return
      throw tokenWrong()
    },
  }
}

function tokenWrong(): ApiError {
  return new ApiError('WEB_TOKEN_WRONG', 'The token is missing or wrong', {
    remedy: 'Send CLAIMCHECK_WEB_TOKEN of the server as `Authorization: Bearer …`.',
  })
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

function cookieOf(headers: Headers): string | undefined {
  return (headers.get('cookie') ?? '')
    .split(/; */)
    .find((cookie) => cookie.startsWith(`${sessionCookie}=`))
    ?.slice(sessionCookie.length + 1)
}
