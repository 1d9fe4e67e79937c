import type { Socket } from 'node:net'

/**
 * Resets a connection once its reader, which is in this process, has fetched what was sent: a reset throws
 * away the rest. Time alone would not do where the process is kept waiting: between two turns it looks at its
 * sockets.
 */
export function resetLater(socket: Socket | null): void {
  setTimeout(() => setImmediate(() => setImmediate(() => socket?.resetAndDestroy())), 20)
}
