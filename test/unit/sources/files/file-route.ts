import type { HostileRoute } from '../../../support/hostile-source.ts'
import { resetLater } from '../../../support/reset-later.ts'

export interface ServedFile {
  readonly body: Buffer
  readonly headers?: Readonly<Record<string, string | number>>
}

export interface FileRouteOptions {
  /** What a request gets; by how many there were, the one included. */
  readonly file: (count: number) => ServedFile
  /** Bytes of the body until the connection breaks off. @default never */
  readonly cutAfterBytes?: (count: number) => number | undefined
  /** @default 'yes' */
  readonly ranges?: 'yes' | 'ignored' | 'without If-Range' | 'shifted' | 'in parts'
  readonly framing?: 'length' | 'chunks' | 'none'
  /** How it breaks off. @default 'close' */
  readonly end?: 'close' | 'reset' | 'silence'
}

/** Serves a file as servers and proxies do, well or badly. */
export function fileRoute(options: FileRouteOptions): HostileRoute {
  const { ranges = 'yes', framing = 'length', end = 'close' } = options
  return (socket, { headers: asked, count }) => {
    const { body, headers = {} } = options.file(count)
    const etag = headers['ETag']
    const wanted = Number(/^bytes=(\d+)-$/.exec(asked['range'] ?? '')?.[1] ?? Number.NaN)
    const isSame = ranges === 'without If-Range' || asked['if-range'] === etag
    const isPart = !Number.isNaN(wanted) && ranges !== 'ignored' && isSame
    const from = isPart ? wanted + (ranges === 'shifted' ? 1 : 0) : 0
    const to = ranges === 'in parts' && isPart ? Math.min(from + 1000, body.length) : body.length
    const part = body.subarray(from, to)
    if (isPart && from >= body.length) {
      const lines = `Content-Range: bytes */${body.length}\r\nContent-Length: 0\r\nConnection: close`
      socket.end(`HTTP/1.1 416 Range Not Satisfiable\r\n${lines}\r\n\r\n`)
      return
    }
    const all = {
      Connection: 'close',
      ...(framing === 'length' ? { 'Content-Length': part.length } : {}),
      ...(framing === 'chunks' ? { 'Transfer-Encoding': 'chunked' } : {}),
      ...(isPart ? { 'Content-Range': `bytes ${from}-${to - 1}/${body.length}` } : {}),
      ...headers,
    }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
    const cut = options.cutAfterBytes?.(count)
    const sent = cut === undefined ? part : part.subarray(0, cut)
    const framed =
      framing === 'chunks'
        ? Buffer.concat([
            Buffer.from(`${sent.length.toString(16)}\r\n`),
            sent,
            Buffer.from(cut === undefined ? '\r\n0\r\n\r\n' : '\r\n'),
          ])
        : sent
    socket.write(`HTTP/1.1 ${isPart ? '206 Partial Content' : '200 OK'}\r\n${lines.join('')}\r\n`)
    socket.write(framed, () => {
      if (cut === undefined || end === 'close') socket.end()
      else if (end === 'reset') resetLater(socket)
    })
  }
}
