import { lstatSync, readdirSync, rmSync } from 'node:fs'

import type { Ports } from './embedded-server.ts'

/** SeaweedFS's maintenance worker looks for the admin server this far above its port. */
export const adminGrpcDistance = 10_000

/** Removes the sockets that SeaweedFS makes in /tmp, one for each of its ports, and leaves there. */
export function removeStoreSockets(ports: Ports): void {
  const numbers = new Set(Object.values(ports).flatMap((port) => [port, port + adminGrpcDistance]))
  for (const file of readdirSync('/tmp')) {
    const [, port] = /^seaweedfs-.*-(\d+)\.sock$/.exec(file) ?? []
    if (!numbers.has(Number(port))) continue
    // By now the port may be another account's, and so its socket.
    const owner = lstatSync(`/tmp/${file}`, { throwIfNoEntry: false })?.uid
    if (owner === process.getuid?.()) rmSync(`/tmp/${file}`, { force: true })
  }
}
