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

export interface ProxiedRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
}

/** What the proxy does instead of passing a request on: answers this status, or drops the line. */
export type Fault = number | 'drop' | undefined

export interface HttpProxy {
  readonly endpoint: string
  close(): Promise<void>
}

/**
 * Stands before an HTTP server. Requests pass as they are, the name of the host included: what a
 * client has signed for this proxy is what the server verifies.
 */
export async function openHttpProxy(
  upstream: URL,
  onRequest: (request: ProxiedRequest) => Fault | Promise<Fault>,
): Promise<HttpProxy> {
  const agent = new Agent({ keepAlive: true })
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections()
      server.close()
      agent.destroy()
      await once(server, 'close')
    },
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '/' } = request
    const fault = await onRequest({ method, path })
    if (fault === 'drop') request.socket.destroy()
    else if (fault === undefined) await passOn(request, response)
    else {
      await request.resume().toArray()
      response.writeHead(fault).end()
    }
  }

  async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { hostname: host, port: upstreamPort } = upstream
    const { method, url: path } = request
    const headers = withoutExpect(request.rawHeaders)
    const forward = sendRequest({ agent, host, port: upstreamPort, method, path, headers })
    const [[answer]] = await Promise.all([
      once(forward, 'response') as Promise<[IncomingMessage]>,
      pipeline(request, forward),
    ])
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
    await pipeline(answer, response)
  }
}

/** Node answers `Expect: 100-continue` itself. */
function withoutExpect(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, index) => {
    return rawHeaders[index - (index % 2)]?.toLowerCase() !== 'expect'
  })
}
