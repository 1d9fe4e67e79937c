import { once } from 'node:events'
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { WebError } from './web-error.ts'

export interface WebServerOptions {
  readonly fetch: (request: Request) => Response | Promise<Response>
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
}

export interface WebServer {
  /** Without a slash at the end. */
  readonly url: string
  /** Takes no more requests, lets those under way finish for up to 10 s, and frees the port. */
  stop(): Promise<void>
}

const stopTimeoutMs = 10_000

/** Throws `WEB_ADDRESS_UNUSABLE`. */
export async function startWebServer({ fetch, host, port }: WebServerOptions): Promise<WebServer> {
  const listener = getRequestListener(fetch)
  const server = createServer((request, response) => void listener(request, response))
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw addressUnusable(host, port, cause)
  }
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      // Clients keep connections open after an answer.
      const sweep = setInterval(() => server.closeIdleConnections(), 100)
      const timeout = setTimeout(() => server.closeAllConnections(), stopTimeoutMs)
      await closed
      clearInterval(sweep)
      clearTimeout(timeout)
    },
  }
}

function addressUnusable(host: string, port: number, cause: unknown): WebError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
  return new WebError('WEB_ADDRESS_UNUSABLE', 'The web server cannot listen', {
    remedy: 'Take another port with --port, or stop the process that has it.',
    at: { host, port, reason },
    cause,
  })
}
