import http from 'node:http'
import https from 'node:https'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { PipelineError } from '../../activities/index.ts'

/** A connection that says nothing for so long is given up. */
const idleTimeoutMs = 30_000
const maxRedirects = 5
const decompress = promisify(gunzip)

/** Keep-alive agents of one source; closed with it. */
export interface HttpAgents {
  readonly http: http.Agent
  readonly https: https.Agent
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

export interface HttpGetOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly maxBytes: number
  readonly agents: HttpAgents
  readonly signal: AbortSignal
  /** The URL for messages: without secrets. */
  readonly shown: string
}

/**
 * GETs a whole body, or throws. Built on `node:http` because `fetch` takes some bodies that were cut
 * off for complete ones. Follows redirects, without the pipeline's own headers
 * where they lead to another origin.
 *
 * @throws PipelineError SOURCE_UNREACHABLE (connection, cut body), PAGE_TOO_LARGE, SOURCE_REFUSED
 */
export async function httpGet(url: URL, options: HttpGetOptions): Promise<HttpAnswer> {
  let at = url
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const headers = at.origin === url.origin ? options.headers : {}
    const answer = await get(at, { ...options, headers })
    const { location } = answer.headers
    if (answer.status < 300 || answer.status > 399 || location === undefined) return answer
    const next = URL.parse(location, at.href)
    if (next?.protocol !== 'http:' && next?.protocol !== 'https:') {
      throw new PipelineError('SOURCE_REFUSED', 'the source redirects to what is no address', {
        at: { url: options.shown },
        remedy: 'Ask the owner of the source, or correct the address in the pipeline file.',
      })
    }
    at = next
  }
  throw new PipelineError('SOURCE_REFUSED', 'the source redirects without end', {
    at: { url: options.shown },
    remedy: 'Correct the address in the pipeline file.',
  })
}

async function get(url: URL, options: HttpGetOptions): Promise<HttpAnswer> {
  const place = { url: options.shown }
  try {
    const answer = await receive(url, options)
    if (answer.headers['content-encoding'] !== 'gzip') return answer
    // Half a gzip, or one with a wrong checksum, is an error here.
    return { ...answer, body: await decompress(answer.body, { maxOutputLength: options.maxBytes }) }
  } catch (cause) {
    if (options.signal.aborted) throw options.signal.reason
    if (cause instanceof PipelineError) throw cause
    if (errorCode(cause) === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(options.maxBytes, place)
    throw new PipelineError(
      'SOURCE_UNREACHABLE',
      `the source did not answer in full (${reason(cause)})`,
      {
        at: place,
        remedy: 'Check that the source is up and that its address in the pipeline file is right.',
        retryable: true,
        cause,
      },
    )
  }
}

function receive(url: URL, options: HttpGetOptions): Promise<HttpAnswer> {
  const { maxBytes, agents, signal } = options
  const secure = url.protocol === 'https:'
  const requestOptions = {
    agent: secure ? agents.https : agents.http,
    headers: { 'accept-encoding': 'gzip', 'user-agent': 'claimcheck', ...options.headers },
    signal,
    timeout: idleTimeoutMs,
  }
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).get(url, requestOptions, (response) => {
      const chunks: Buffer[] = []
      let sizeBytes = 0
      response.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length
        if (sizeBytes > maxBytes) {
          reject(tooLarge(maxBytes, { url: options.shown }))
          request.destroy()
        } else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => {
        if (!response.complete || isShort(response, sizeBytes)) {
          reject(new Error('the body was cut off'))
          return
        }
        const { statusCode: status = 0, headers } = response
        resolve({ status, headers, body: Buffer.concat(chunks, sizeBytes) })
      })
    })
    request.on('timeout', () => request.destroy(new Error(`silent for ${idleTimeoutMs} ms`)))
    request.on('error', reject)
  })
}

function isShort(response: http.IncomingMessage, sizeBytes: number): boolean {
  const length = response.headers['content-length']
  return length !== undefined && Number(length) !== sizeBytes
}

function tooLarge(maxBytes: number, at: { url: string }): PipelineError {
  return new PipelineError('PAGE_TOO_LARGE', `a page is larger than ${maxBytes} bytes`, {
    at,
    remedy: 'Ask the source for smaller pages, or raise `limits.page_bytes` of the pipeline file.',
  })
}

function reason(error: unknown): string {
  return errorCode(error) ?? (error instanceof Error ? error.message : 'unknown')
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined
}
