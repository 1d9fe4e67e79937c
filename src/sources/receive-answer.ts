import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import { PipelineError } from '../../activities/index.ts'
import type { Agents } from './agents.ts'
import type { Hop, SourceHosts } from './source-hosts.ts'

const connectTimeoutMs = 10_000
/** A connection that says nothing for so long is given up. */
const idleTimeoutMs = 30_000

export interface HttpAnswer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  /** As it was sent: with its content encoding. */
  readonly body: Buffer
  /** Whether a cut body would have been noticed: its length was declared, or it came in chunks. */
  readonly isFramed: boolean
}

export interface Exchange {
  readonly hosts: SourceHosts
  readonly agents: Agents
  /** Aborted when the attempt is cancelled. */
  readonly signal: AbortSignal
  /** Aborted when the request takes longer than it may. */
  readonly deadline: AbortSignal
  readonly headers: Readonly<Record<string, string>>
  readonly maxBytes: number
  /** Sent by POST; without one the request is a GET. */
  readonly form?: string
}

/**
 * One request and its whole answer, redirects and errors of the source included.
 *
 * @throws PipelineError PAGE_TOO_LARGE, SOURCE_HOST_REFUSED
 * @throws what ended the request, a body that was cut off included
 */
export function receiveAnswer(hop: Hop, exchange: Exchange): Promise<HttpAnswer> {
  const { hosts, agents, signal, deadline, headers, maxBytes, form } = exchange
  hosts.check(hop)
  const secure = hop.url.protocol === 'https:'
  const options: https.RequestOptions = {
    method: form === undefined ? 'GET' : 'POST',
    agent: agents.of(hop),
    headers: { 'accept-encoding': 'gzip', 'user-agent': 'claimcheck', ...headers },
    lookup: hosts.lookup(hop),
    signal: AbortSignal.any([signal, deadline]),
    timeout: idleTimeoutMs,
  }
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request(hop.url, options, (response) => {
      const chunks: Buffer[] = []
      let sizeBytes = 0
      response.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length
        if (sizeBytes > maxBytes) {
          reject(tooLarge(maxBytes, hop.shown))
          request.destroy()
        } else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode: status = 0, headers: answered } = response
        const length = answered['content-length']
        if (!response.complete || (length !== undefined && Number(length) !== sizeBytes)) {
          reject(new Error('the body was cut off'))
          return
        }
        const isChunked = /\bchunked\b/i.test(answered['transfer-encoding'] ?? '')
        const isFramed = length !== undefined || isChunked
        const body = Buffer.concat(chunks, sizeBytes)
        resolve({ status, headers: answered, body, isFramed })
      })
    })
    request.on('socket', (socket) => limitConnecting(socket, secure, request))
    request.on('timeout', () => request.destroy(new Error(`silent for ${idleTimeoutMs} ms`)))
    request.on('error', reject)
    request.end(form)
  })
}

export function tooLarge(maxBytes: number, shown: string): PipelineError {
  return new PipelineError('PAGE_TOO_LARGE', `a page is larger than ${maxBytes} bytes`, {
    at: { url: shown },
    remedy: 'Ask the source for smaller pages, or raise `limits.page_bytes` of the pipeline file.',
  })
}

function limitConnecting(socket: Socket, secure: boolean, request: http.ClientRequest): void {
  if (!socket.connecting) return
  const timer = setTimeout(() => {
    request.destroy(new Error(`no connection within ${connectTimeoutMs} ms`))
  }, connectTimeoutMs)
  const done = (): void => clearTimeout(timer)
  socket.once(secure ? 'secureConnect' : 'connect', done)
  socket.once('close', done)
}
