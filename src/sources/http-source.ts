import http from 'node:http'
import https from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import { PipelineError, type PageRequest, type PageSource } from '../../activities/index.ts'
import { httpGet, type HttpAgents, type HttpAnswer } from './http-get.ts'
import { resolveReferences, shownUrl } from './resolve-references.ts'
import { retryAfterMs } from './retry-after.ts'

/** Tries in place, before the attempt as a whole fails and the workflow's backoff takes over. */
const triesInPlace = 4
const firstDelayMs = 250

export interface HttpSourceOptions {
  /** Where `${NAME}` references are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Pages over HTTP. Short trouble (a cut connection, 429, 5xx) is waited out in place. */
export function createHttpSource({
  environment,
}: HttpSourceOptions): PageSource & { close(): void } {
  const agents: HttpAgents = {
    http: new http.Agent({ keepAlive: true }),
    https: new https.Agent({ keepAlive: true }),
  }
  return {
    async fetchPage(request) {
      const shown = shownUrl(request.source.url, environment)
      const url = pageUrl(request, environment, shown)
      const headers = Object.fromEntries(
        Object.entries(request.source.headers).map(([name, value]) => [
          name,
          resolveReferences(value, environment),
        ]),
      )
      const { maxBytes, signal } = request
      for (let tries = 1; ; tries += 1) {
        const outcome = await tryGet(
          () => httpGet(url, { headers, maxBytes, agents, signal, shown }),
          shown,
        )
        if (Buffer.isBuffer(outcome)) return outcome
        if (tries === triesInPlace || !outcome.error.retryable) throw outcome.error
        await delay(outcome.waitMs ?? firstDelayMs * 2 ** (tries - 1), undefined, { signal })
      }
    },
    close() {
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

interface FailedTry {
  readonly error: PipelineError
  readonly waitMs?: number | undefined
}

async function tryGet(get: () => Promise<HttpAnswer>, shown: string): Promise<Buffer | FailedTry> {
  let answer: HttpAnswer
  try {
    answer = await get()
  } catch (error) {
    if (error instanceof PipelineError) return { error }
    throw error
  }
  const { status, headers, body } = answer
  if (status === 200) return body
  const isBusy = status === 429 || status === 408 || status >= 500
  const error = new PipelineError(
    isBusy ? 'SOURCE_UNREACHABLE' : 'SOURCE_REFUSED',
    `the source answers ${status}`,
    {
      at: { url: shown, contentType: headers['content-type'] ?? 'none' },
      remedy: isBusy
        ? 'Wait until the source is well, or ask it for less at once.'
        : 'Check the address, the query and the credentials in the pipeline file.',
      retryable: isBusy,
    },
  )
  return { error, waitMs: retryAfterMs(headers['retry-after'], Date.now()) }
}

function pageUrl(
  { source, interval, cursor }: PageRequest,
  environment: HttpSourceOptions['environment'],
  shown: string,
): URL {
  const url = URL.parse(resolveReferences(source.url, environment))
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new PipelineError(
      'SOURCE_SETTING_INVALID',
      'with the references of the pipeline filled in, its URL is none of http:// or https://',
      { at: { url: shown }, remedy: 'Correct the variables in the environment of the worker.' },
    )
  }
  for (const [name, template] of Object.entries(source.query)) {
    const value = resolveReferences(template, environment)
      .replaceAll('{interval.start}', interval.start)
      .replaceAll('{interval.end}', interval.end)
    url.searchParams.set(name, value)
  }
  if (cursor !== undefined && source.next.kind === 'cursor') {
    url.searchParams.set(source.next.parameter, cursor)
  }
  return url
}
