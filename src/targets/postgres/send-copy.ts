import { once } from 'node:events'
import { Socket } from 'node:net'
import type { Connection } from 'pg'
import type { CopyStreamQuery } from 'pg-copy-streams'
import type { CopyBinary } from './copy-binary-encoder.ts'
import type { Session } from './sessions.ts'

/**
 * Sends a part as fast as PostgreSQL reads, and gives its buffers back once they are sent. What fails
 * first, of the two, is thrown; neither waits.
 *
 * @returns the rows that PostgreSQL took
 */
export async function sendCopy(
  session: Pick<Session, 'copy' | 'toPipelineError'>,
  statement: string,
  { bytes, giveBack }: Pick<CopyBinary, 'bytes' | 'giveBack'>,
): Promise<number> {
  const stream = session.copy(statement)
  const { promise: failed, reject } = Promise.withResolvers<never>()
  stream.on('error', (error) => reject(session.toPipelineError(error)))
  failed.catch(() => {})
  const source = bytes[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await Promise.race([source.next(), failed])
      if (next.done === true) break
      if (!stream.write(next.value)) await Promise.race([once(stream, 'drain'), failed])
      if (hasSentAll(stream)) giveBack(next.value)
    }
    stream.end()
    await Promise.race([once(stream, 'finish'), failed])
    return stream.rowCount
  } finally {
    // Not awaited: a source that hangs must not keep the error, or the connection.
    source.return?.().catch(() => {})
  }
}

/**
 * Whether nothing that was written is waiting, in the COPY's own stream or in the socket. That the
 * stream takes more does not say so: a socket keeps small buffers and asks for more. Where the socket
 * cannot be seen the answer is no, and the buffer is left to the garbage collector.
 */
function hasSentAll(stream: CopyStreamQuery & { connection?: Connection | null }): boolean {
  const socket = stream.connection?.stream
  return stream.writableLength === 0 && socket instanceof Socket && socket.writableLength === 0
}
