import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { type EmbeddedServer, type Ports, plainEnvironment, portOf } from './embedded-server.ts'
import { probeStore } from './probe-store.ts'
import { adminGrpcDistance, removeStoreSockets } from './remove-store-sockets.ts'
import { requireExecutable } from './require-executable.ts'
import type { StackCredentials } from './stack-credentials.ts'

const region = 'us-east-1'
const bucket = 'claimcheck'
const parts = ['master', 'volume', 'filer', 's3']
const portNames = [...parts.flatMap((part) => [`${part}.port`, `${part}.port.grpc`]), 'admin.port']

const endpoint = (ports: Ports) => `http://127.0.0.1:${portOf(ports, 's3.port')}`

/** SeaweedFS in one process: an S3 store without Docker. */
export function storeServer(
  dataDirectory: string,
  credentials: StackCredentials['store'],
): EmbeddedServer {
  const folder = join(dataDirectory, 'store')
  let patienceMs = 500
  return {
    name: 'store',
    portNames,
    async prepare() {
      requireExecutable('weed', 'CLAIMCHECK_STORE_ENDPOINT')
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      // It remembers the options of its last start, and a port that is gone is no use.
      rmSync(join(folder, 'mini.options'), { force: true })
    },
    command: (ports) => ({
      file: requireExecutable('weed', 'CLAIMCHECK_STORE_ENDPOINT'),
      args: [
        '-logtostderr=true',
        'mini',
        `-dir=${folder}`,
        `-bucket=${bucket}`,
        '-ip=127.0.0.1',
        '-ip.bind=127.0.0.1',
        ...portNames.map((name) => `-${name}=${portOf(ports, name)}`),
        `-admin.port.grpc=${portOf(ports, 'admin.port') + adminGrpcDistance}`,
        // What we do not use would open more ports, two of them at fixed numbers.
        '-webdav=false',
        '-admin.ui=false',
        '-s3.port.iceberg=0',
        '-s3.port.lance=0',
        '-master.telemetry=false',
        '-volume.preStopSeconds=0',
        // A resumed leader may come up after the first heartbeat, and the next one is 5 s later.
        '-master.resumeState=false',
      ],
      environment: {
        ...plainEnvironment(),
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      },
      stopSignal: 'SIGTERM',
      // Asked within its first second, it closes its files and then hangs.
      stopGraceMs: 5000,
    }),
    async check(ports) {
      const begin = Date.now()
      try {
        const address = { endpoint: endpoint(ports), region, bucket, credentials }
        await probeStore(address, 'write', patienceMs)
      } catch (error) {
        // While it starts it may take a request and never answer it: ask anew soon, but leave a
        // machine that is only slow more time at each turn.
        if (Date.now() - begin >= patienceMs) patienceMs *= 2
        throw error
      }
    },
    describe: (ports) => ({
      addresses: {
        store: {
          endpoint: endpoint(ports),
          region,
          bucket,
          browserUrl: `http://127.0.0.1:${portOf(ports, 'filer.port')}/buckets/${bucket}/`,
        },
      },
    }),
    tidy: removeStoreSockets,
  }
}
