import type { FetchedPage } from '../../activities/index.ts'
import { AccessTokens } from './access-tokens.ts'
import { Agents } from './agents.ts'
import { askAuthorized } from './ask-authorized.ts'
import { checkPage, shownContentType } from './check-page.ts'
import type { DecodedAnswer } from './decode-body.ts'
import type { HostList } from './host-list.ts'
import { httpGet } from './http-get.ts'
import type { HttpPageRequest } from './http-page-request.ts'
import { nextLink } from './next-link.ts'
import { pageUrl } from './page-url.ts'
import { RequestRate } from './request-rate.ts'
import { shownUrl, type Environment } from './resolve-references.ts'
import { SourceHosts, type Resolve } from './source-hosts.ts'
import { tryInPlace } from './try-in-place.ts'
import { within } from './within.ts'

/** Of a whole request, redirects included: the largest default page at 1 Mbit/s. */
const defaultTimeoutMs = 600_000

export interface HttpSourceOptions {
  /** Where `${NAME}` references are looked up. */
  readonly environment: Environment
  /** The only hosts that may be asked. @default those that a pipeline names, and what is public */
  readonly allowedHosts?: HostList | undefined
  /** Looks names up. @default dns.lookup */
  readonly resolve?: Resolve
  /** The wait before the second try in place; doubled before each one after. @default 250 */
  readonly firstDelayMs?: number
}

export interface HttpSource {
  fetchPage(request: HttpPageRequest): Promise<FetchedPage>
  close(): void
}

/** Pages over HTTP. Short trouble (a cut connection, 429, 5xx) is waited out in place. */
export function createHttpSource({
  environment,
  allowedHosts,
  resolve,
  firstDelayMs = 250,
}: HttpSourceOptions): HttpSource {
  const agents = new Agents()
  const hosts = new SourceHosts(allowedHosts, resolve)
  const tokens = new AccessTokens(environment)
  const rate = new RequestRate()

  function ask(request: HttpPageRequest, url: URL, shown: string): Promise<DecodedAnswer> {
    const { source, maxBytes, signal } = request
    const { rate: limit, timeoutMs = defaultTimeoutMs } = source
    const exchange = { hosts, agents, signal, maxBytes }
    const get = async (headers: Readonly<Record<string, string>>) => {
      if (limit !== undefined) await rate.wait(url.origin, limit.requestsPerSecond, signal)
      return within(timeoutMs, (deadline) =>
        httpGet(url, shown, { ...exchange, headers, deadline }),
      )
    }
    return askAuthorized({ source, environment, tokens, exchange, timeoutMs, get })
  }

  return {
    async fetchPage(request) {
      const { signal } = request
      const shown = shownUrl(request.source.url, environment)
      const url = pageUrl(request, environment, shown)
      const tries = { statuses: [200], firstDelayMs, signal, shown }
      const answer = await tryInPlace(tries, () => ask(request, url, shown))
      checkPage(answer, request.source.format, shown)
      const contentType = shownContentType(answer.headers['content-type'])
      const link = [answer.headers['link'] ?? []].flat().join(', ')
      const isLinked = request.source.next.kind === 'link-header'
      const place = { url, environment, shown }
      return {
        body: answer.body,
        nextLink: isLinked ? nextLink(link, request, place) : undefined,
        answer: { url: shown, status: answer.status, contentType },
      }
    },
    close() {
      agents.close()
    },
  }
}
