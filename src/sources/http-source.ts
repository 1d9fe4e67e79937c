import { setTimeout as delay } from 'node:timers/promises'
import { PipelineError, type FetchedPage } from '../../activities/index.ts'
import { AccessTokens } from './access-tokens.ts'
import { Agents } from './agents.ts'
import { checkPage, shownContentType } from './check-page.ts'
import type { DecodedAnswer } from './decode-body.ts'
import type { HostList } from './host-list.ts'
import { httpGet } from './http-get.ts'
import type { HttpPageRequest } from './http-page-request.ts'
import { nextLink } from './next-link.ts'
import { pageUrl } from './page-url.ts'
import { RequestRate } from './request-rate.ts'
import { refusedAnswer } from './refused-answer.ts'
import { shownUrl } from './resolve-references.ts'
import { retryAfterMs } from './retry-after.ts'
import { SourceHosts, type Resolve } from './source-hosts.ts'
import { sourceHeaders } from './source-headers.ts'

/** Tries in place, before the attempt as a whole fails and the workflow's backoff takes over. */
const triesInPlace = 4
/** Of a whole request, redirects included: the largest default page at 1 Mbit/s. */
const defaultTimeoutMs = 600_000

export interface HttpSourceOptions {
  /** Where `${NAME}` references are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>
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

  async function ask(request: HttpPageRequest, url: URL, shown: string): Promise<DecodedAnswer> {
    const { source, maxBytes, signal } = request
    const { auth, rate: limit, timeoutMs = defaultTimeoutMs } = source
    const common = { hosts, agents, signal, maxBytes }
    const get = async (headers: Readonly<Record<string, string>>) => {
      if (limit !== undefined) await rate.wait(url.origin, limit.requestsPerSecond, signal)
      return within(timeoutMs, (deadline) => httpGet(url, shown, { ...common, headers, deadline }))
    }
    const headers = sourceHeaders(source, environment)
    if (auth?.kind !== 'oauth2') return get(headers)
    const token = (refused?: string) =>
      within(timeoutMs, (deadline) => tokens.get(auth, { ...common, deadline }, refused))
    const first = await token()
    const answer = await get({ ...headers, authorization: `Bearer ${first}` })
    if (answer.status !== 401) return answer
    return get({ ...headers, authorization: `Bearer ${await token(first)}` })
  }

  return {
    async fetchPage(request) {
      const { signal } = request
      const shown = shownUrl(request.source.url, environment)
      const url = pageUrl(request, environment, shown)
      for (let tries = 1; ; tries += 1) {
        const outcome = await tryGet(() => ask(request, url, shown), shown)
        if (!('error' in outcome)) {
          checkPage(outcome, request.source.format, shown)
          const contentType = shownContentType(outcome.headers['content-type'])
          const link = [outcome.headers['link'] ?? []].flat().join(', ')
          const isLinked = request.source.next.kind === 'link-header'
          const place = { url, environment, shown }
          return {
            body: outcome.body,
            nextLink: isLinked ? nextLink(link, request, place) : undefined,
            answer: { url: shown, status: outcome.status, contentType },
          }
        }
        if (tries === triesInPlace || !outcome.error.retryable) throw outcome.error
        await delay(outcome.waitMs ?? firstDelayMs * 2 ** (tries - 1), undefined, { signal })
      }
    },
    close() {
      agents.close()
    },
  }
}

/** `AbortSignal.timeout` would keep each request's timer until it is over. */
async function within<T>(
  timeoutMs: number,
  work: (deadline: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), timeoutMs)
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(timer)
  }
}

interface FailedTry {
  readonly error: PipelineError
  readonly waitMs?: number | undefined
}

async function tryGet(
  get: () => Promise<DecodedAnswer>,
  shown: string,
): Promise<DecodedAnswer | FailedTry> {
  let answer: DecodedAnswer
  try {
    answer = await get()
  } catch (error) {
    if (error instanceof PipelineError) return { error }
    throw error
  }
  const { status, headers } = answer
  if (status === 200) return answer
  const error = refusedAnswer({
    who: 'the source',
    status,
    at: { url: shown, contentType: shownContentType(headers['content-type']) },
    remedy: {
      ifBusy: 'Wait until the source is well, or ask it for less at once.',
      else: 'Check the address, the query and the credentials in the pipeline file.',
    },
  })
  return { error, waitMs: retryAfterMs(headers['retry-after'], Date.now()) }
}
