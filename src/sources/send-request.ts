import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import type { Agents } from './agents.ts'
import type { Hop, SourceHosts } from './source-hosts.ts'

const connectTimeoutMs = 10_000
const defaultIdleTimeoutMs = 30_000

/** A request as it is sent, wherever its answer goes. */
export interface SentRequest {
  readonly hosts: SourceHosts
  readonly agents: Agents
  /** Aborted when the attempt is cancelled. */
  readonly signal: AbortSignal
  /** Aborted when the request takes longer than it may. */
  readonly deadline: AbortSignal
  readonly headers: Readonly<Record<string, string>>
  /** How long a connection may say nothing. @default 30 seconds */
  readonly idleTimeoutMs?: number | undefined
  /** @default POST where there is a body, else GET */
  readonly method?: string
  readonly body?: string | undefined
}

/**
 * Sends one request, and gives the answer as soon as its headers are there. Who takes it has to read or
 * destroy it.
 *
 * @throws PipelineError SOURCE_HOST_REFUSED
 * @throws what ended the request before it was answered
 */
export function sendRequest(hop: Hop, request: SentRequest): Promise<http.IncomingMessage> {
  const { hosts, agents, signal, deadline, headers, body } = request
  const idleTimeoutMs = idleTimeoutOf(request)
  hosts.check(hop)
  const secure = hop.url.protocol === 'https:'
  const options: https.RequestOptions = {
    method: request.method ?? (body === undefined ? 'GET' : 'POST'),
    agent: agents.of(hop),
    headers: { 'accept-encoding': 'gzip', 'user-agent': 'claimcheck', ...headers },
    lookup: hosts.lookup(hop),
    signal: AbortSignal.any([signal, deadline]),
    timeout: idleTimeoutMs,
  }
  return new Promise((resolve, reject) => {
    const sent = (secure ? https : http).request(hop.url, options, (response) => {
      // More comes than was announced, a length in characters say: what was taken is not all there is.
      sent.on('error', () => {
        if (response.complete) response.destroy()
      })
      resolve(response)
    })
    sent.on('socket', (socket) => limitConnecting(socket, secure, sent))
    sent.on('timeout', () => sent.destroy(new Error(`silent for ${idleTimeoutMs} ms`)))
    sent.on('error', reject)
    sent.end(body)
  })
}

export function idleTimeoutOf({ idleTimeoutMs }: Pick<SentRequest, 'idleTimeoutMs'>): number {
  return idleTimeoutMs ?? defaultIdleTimeoutMs
}

/** Whether a cut body would be noticed: its length is declared, or it comes in chunks. */
export function isFramed({ headers }: Pick<http.IncomingMessage, 'headers'>): boolean {
  const isChunked = /\bchunked\b/i.test(headers['transfer-encoding'] ?? '')
  return headers['content-length'] !== undefined || isChunked
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
