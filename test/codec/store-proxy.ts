import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import type { ObjectStore, S3ObjectStoreOptions } from '../../codec/index.ts'
import { openStoreUnderTest, storeUnderTest } from './store-under-test.ts'

export interface StoreRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
}

/** What a proxy does instead of passing a request on: answers this status, or drops the line. */
export type StoreFault = number | 'drop' | undefined

/** The store, through a proxy that remembers what was asked and can be told to fail. */
export class StoreProxy {
  readonly store: ObjectStore
  readonly #server: ReturnType<typeof createServer>
  #requests: StoreRequest[] = []
  /** Asked for each request. */
  fault: (request: StoreRequest) => StoreFault = () => undefined

  private constructor(server: ReturnType<typeof createServer>, store: ObjectStore) {
    this.#server = server
    this.store = store
  }

  static async open(options: Partial<S3ObjectStoreOptions> = {}): Promise<StoreProxy> {
    const server = createServer()
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const endpoint = `http://127.0.0.1:${port}`
    const upstream = new URL(storeUnderTest().endpoint)
    let proxy: StoreProxy | undefined
    server.on('request', (incoming, response) => {
      const asked = { method: incoming.method ?? '', path: incoming.url ?? '' }
      const fault = proxy?.see(asked)
      if (fault === 'drop') incoming.socket.destroy()
      else if (fault === undefined) void passOn(upstream, incoming, response)
      else incoming.resume().on('end', () => response.writeHead(fault).end())
    })
    const store = await openStoreUnderTest({ ...options, endpoint })
    proxy = new StoreProxy(server, store)
    return proxy
  }

  see(asked: StoreRequest): StoreFault {
    this.#requests.push(asked)
    return this.fault(asked)
  }

  /** Requests of this method, for an object whose key has `part` in it. */
  requests(method: string, part = ''): readonly StoreRequest[] {
    return this.#requests.filter((asked) => asked.method === method && asked.path.includes(part))
  }

  forget(): void {
    this.#requests = []
  }

  async close(): Promise<void> {
    this.store.close()
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

async function passOn(
  upstream: URL,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { method, headers, url: path } = incoming
    const outgoing = request({
      host: upstream.hostname,
      port: upstream.port,
      method,
      path,
      headers,
    })
    const [[answer]] = await Promise.all([
      once(outgoing, 'response') as Promise<[IncomingMessage]>,
      pipeline(incoming, outgoing),
    ])
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    await pipeline(answer, response)
  } catch {
    response.destroy()
  }
}
