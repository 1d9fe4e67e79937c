import type { Client } from 'pg'

/**
 * `pg` throws at a message that it does not know (how to authenticate, say) in the middle of a socket's
 * event, which would end the process. Here it ends the connection, and who waits for that is told.
 */
export function guardParser({ connection }: Client): void {
  const guard = () => {
    const { stream } = connection
    const emit = stream.emit.bind(stream)
    stream.emit = (event: string | symbol, ...args: unknown[]): boolean => {
      if (event !== 'data') return emit(event, ...args)
      try {
        return emit(event, ...args)
      } catch (error) {
        stream.destroy(error instanceof Error ? error : new Error(String(error)))
        return true
      }
    }
  }
  connection.on('connect', guard)
  // TLS has a stream of its own.
  connection.on('sslconnect', guard)
}
