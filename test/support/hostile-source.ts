import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** Answers a request on the bare connection: well or badly is its own affair. */
export type HostileRoute = (socket: Socket, request: HostileRequest) => void

export interface HostileRequest {
  /** Path and query. */
  readonly target: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** How many requests for this path there were, this one included. */
  readonly count: number
  readonly body: string
}

export interface HostileSource {
  readonly url: string
  readonly port: number
  readonly requests: readonly HostileRequest[]
  close(): Promise<void>
}

/** A server on 127.0.0.1 that speaks no more HTTP than its routes do. */
export async function openHostileSource(
  routes: Readonly<Record<string, HostileRoute>>,
): Promise<HostileSource> {
  const requests: HostileRequest[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    let text = ''
    socket.on('data', (data) => {
      text += data.toString('latin1')
      const headEnd = text.indexOf('\r\n\r\n')
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0)
      if (headEnd === -1 || text.length < headEnd + 4 + length) return
      const request = parseRequest(text, headEnd, requests)
      text = ''
      requests.push(request)
      const route = routes[pathOf(request.target)]
      if (route === undefined) answer({ status: '404 Not Found' })(socket, request)
      else route(socket, request)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

export interface Answer {
  readonly status?: string
  readonly headers?: Readonly<Record<string, string | number>>
  readonly body?: string | Buffer
}

/** A whole, good answer. */
export function answer({ status = '200 OK', headers = {}, body = '' }: Answer): HostileRoute {
  const bytes = Buffer.from(body)
  return (socket) => {
    const all = {
      'Content-Length': bytes.length,
      'Content-Type': 'application/json',
      Connection: 'close',
      ...headers,
    }
    socket.end(Buffer.concat([head(status, all), bytes]))
  }
}

export function redirect(location: string): HostileRoute {
  return answer({ status: '302 Found', headers: { Location: location } })
}

/** Whatever is given, with headers that may promise something else; then the connection ends. */
export function raw(
  headers: Readonly<Record<string, string | number>>,
  body: string | Buffer,
  end: (socket: Socket) => void = (socket) => socket.end(),
): HostileRoute {
  return (socket) => {
    socket.write(Buffer.concat([head('200 OK', headers), Buffer.from(body)]), () => end(socket))
  }
}

/** One chunk of a chunked body. */
export function chunk(body: string): string {
  return `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n`
}

function head(status: string, headers: Readonly<Record<string, string | number>>): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`, 'latin1')
}

function parseRequest(
  text: string,
  headEnd: number,
  before: readonly HostileRequest[],
): HostileRequest {
  const [first = '', ...lines] = text.slice(0, headEnd).split('\r\n')
  const target = first.split(' ')[1] ?? ''
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const count = before.filter((request) => pathOf(request.target) === pathOf(target)).length + 1
  return { target, headers, count, body: text.slice(headEnd + 4) }
}

function pathOf(target: string): string {
  return target.split('?')[0] ?? ''
}
