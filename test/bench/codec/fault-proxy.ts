import { once } from 'node:events'
import {
  Agent,
  createServer,
  request as sendRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'

export interface FaultProxy {
  readonly endpoint: string
  /** Each request waits so long before it is passed on. */
  latencyMs: number
  /** So many of the next PUT requests are answered with 503, and not passed on. */
  failingPuts: number
  /** How often each method was asked of each key, e.g. `GET blobs/…`. */
  readonly counts: Map<string, number>
  reset(): void
  close(): void
}

/**
 * Stands before an S3 store. Requests pass as they are, the name of the host included: what the
 * client has signed for this proxy is what the store verifies.
 */
export async function openFaultProxy(store: URL): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true })
  const counts = new Map<string, number>()
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const proxy: FaultProxy = {
    endpoint: `http://127.0.0.1:${port}`,
    latencyMs: 0,
    failingPuts: 0,
    counts,
    reset() {
      proxy.latencyMs = 0
      proxy.failingPuts = 0
      counts.clear()
    },
    close() {
      server.close()
      server.closeAllConnections()
      agent.destroy()
    },
  }
  return proxy

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = `${request.method} ${keyOf(request.url ?? '/')}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
    if (proxy.latencyMs > 0) await pause(proxy.latencyMs)
    if (request.method === 'PUT' && proxy.failingPuts > 0) {
      proxy.failingPuts -= 1
      await request.resume().toArray()
      response.writeHead(503, { 'content-type': 'application/xml' })
      response.end('<Error><Code>ServiceUnavailable</Code><Message>by request</Message></Error>')
      return
    }
    await passOn(request, response)
  }

  async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const forward = sendRequest({
      agent,
      host: store.hostname,
      port: store.port,
      ...(request.method === undefined ? {} : { method: request.method }),
      ...(request.url === undefined ? {} : { path: request.url }),
      headers: withoutExpect(request.rawHeaders),
    })
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      forward.once('response', resolve)
      forward.once('error', reject)
    })
    const sent = pipeline(request, forward)
    const answer = await answered
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
    await Promise.all([sent, pipeline(answer, response)])
  }
}

/** The path without the bucket. */
function keyOf(url: string): string {
  const [path = ''] = url.split('?')
  return decodeURIComponent(path.split('/').slice(2).join('/'))
}

/** Node answers `Expect: 100-continue` itself. */
function withoutExpect(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, index) => {
    return rawHeaders[index - (index % 2)]?.toLowerCase() !== 'expect'
  })
}
