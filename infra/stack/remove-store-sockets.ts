import { lstatSync, rmSync } from 'node:fs'

import type { Ports } from './embedded-server.ts'

/** Removes the sockets that SeaweedFS makes in /tmp, one for each of its ports, and leaves there. */
export function removeStoreSockets(ports: Ports): void {
  for (const [name, port] of Object.entries(ports)) {
    const [part] = name.split('.')
    const socket = `/tmp/seaweedfs-${part}${name.endsWith('.grpc') ? '-grpc' : ''}-${port}.sock`
    // By now the port may be another account's, and so its socket.
    const owner = lstatSync(socket, { throwIfNoEntry: false })?.uid
    if (owner === process.getuid?.()) rmSync(socket, { force: true })
  }
}
