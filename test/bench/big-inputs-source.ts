import { createCipheriv, createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'

/** Records of one kind: `{"id":1,"text":"…"}` and so on, or `{"id":1}` where texts have no bytes. */
export interface BigRows {
  readonly rows: number
  readonly textBytes: number
}

export interface BigSource {
  /** Of pages of so many rows each, asked for by `page` from 1; of one page where it is not given. */
  url(rows: BigRows, rowsPerPage?: number): string
  close(): Promise<void>
}

const query = z.object({
  rows: z.coerce.number(),
  text_bytes: z.coerce.number(),
  per_page: z.coerce.number(),
  page: z.coerce.number().default(1),
})

/** Serves NDJSON of any size on 127.0.0.1: made while it is sent, never held. */
export async function openBigSource(): Promise<BigSource> {
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://source.invalid')
    const asked = query.parse(Object.fromEntries(searchParams))
    const { rows, text_bytes: textBytes, per_page: perPage, page } = asked
    const from = (page - 1) * perPage + 1
    const to = Math.min(rows, page * perPage)
    response.setHeader('content-type', 'application/x-ndjson')
    // A reader that has had enough hangs up.
    pipeline(Readable.from(lines(from, to, textBytes)), response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: ({ rows, textBytes }, perPage = rows) =>
      `http://127.0.0.1:${address.port}/rows?rows=${rows}&text_bytes=${textBytes}&per_page=${perPage}`,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** What a table of these rows holds, as `contentsSql` tells it. */
export function contentsOf({ rows, textBytes }: BigRows): string {
  const digest = createHash('md5')
  const withText = textBytes === 0 ? 0 : rows
  for (let id = 1; id <= withText; id += 1) {
    const text = createHash('md5')
    for (const piece of textPieces(id, textBytes)) text.update(piece)
    digest.update(text.digest('hex'))
  }
  return `${rows} rows, sum of ids ${(rows * (rows + 1)) / 2}, texts ${digest.digest('hex')}`
}

export const contentsSql = `format('%s rows, sum of ids %s, texts %s', count(*), coalesce(sum(id), 0),
  md5(coalesce(string_agg(md5("text"), '' ORDER BY id), '')))`

const chunkBytes = 256 * 1024

function* lines(from: number, to: number, textBytes: number): Generator<Buffer> {
  let chunk: Buffer[] = []
  let length = 0
  for (let id = from; id <= to; id += 1) {
    const pieces = [...(textBytes === 0 ? [] : textPieces(id, textBytes))]
    const head = textBytes === 0 ? `{"id":${id}` : `{"id":${id},"text":"`
    const tail = textBytes === 0 ? '}\n' : '"}\n'
    for (const piece of [Buffer.from(head), ...pieces, Buffer.from(tail)]) {
      chunk.push(piece)
      length += piece.length
    }
    if (length < chunkBytes) continue
    yield Buffer.concat(chunk, length)
    chunk = []
    length = 0
  }
  yield Buffer.concat(chunk, length)
}

/** Base64 of noise: what compresses to nothing would tell nothing of the store and its transfers. */
const noise = Buffer.from(
  createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16))
    .update(Buffer.alloc(12 * 2 ** 20))
    .toString('base64'),
)

/** The text of a row; texts of rows that stand close together have nothing in common. */
function* textPieces(id: number, textBytes: number): Generator<Buffer> {
  let from = (id * 3_000_017) % noise.length
  for (let left = textBytes; left > 0;) {
    const piece = noise.subarray(from, Math.min(noise.length, from + left))
    yield piece
    left -= piece.length
    from = 0
  }
}
