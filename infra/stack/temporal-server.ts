import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { type EmbeddedServer, plainEnvironment, portOf } from './embedded-server.ts'
import { probeTemporal } from './probe-temporal.ts'
import { requireExecutable } from './require-executable.ts'

const namespace = 'default'

/** What the workflows write, so that runs can be found by pipeline and partition. */
const searchAttributes = ['ClaimcheckPipeline', 'ClaimcheckPartition']

/** Temporal's development server, with its history in a file. */
export function temporalServer(dataDirectory: string): EmbeddedServer {
  const folder = join(dataDirectory, 'temporal')
  return {
    name: 'temporal',
    portNames: ['grpc', 'ui', 'http', 'metrics'],
    async prepare() {
      requireExecutable('temporal', 'TEMPORAL_ADDRESS')
      mkdirSync(folder, { recursive: true, mode: 0o700 })
    },
    command: (ports) => ({
      file: requireExecutable('temporal', 'TEMPORAL_ADDRESS'),
      args: [
        'server',
        'start-dev',
        '--ip=127.0.0.1',
        '--ui-ip=127.0.0.1',
        `--port=${portOf(ports, 'grpc')}`,
        `--ui-port=${portOf(ports, 'ui')}`,
        `--http-port=${portOf(ports, 'http')}`,
        `--metrics-port=${portOf(ports, 'metrics')}`,
        `--db-filename=${join(folder, 'temporal.sqlite')}`,
        // Each of its many small transactions would wait for the disk several times. What a killed process
        // has committed stays; only a machine that loses power may lose the last moments.
        '--sqlite-pragma=journal_mode=WAL',
        '--sqlite-pragma=synchronous=NORMAL',
        ...searchAttributes.map((name) => `--search-attribute=${name}=Keyword`),
        // Queues in several parts are for several machines; on one, tasks pass from part to part: a tenth of
        // the server's processor time. They are read as before: of earlier versions some may wait there.
        '--dynamic-config-value=matching.numTaskqueueWritePartitions=1',
        // A worker that stops is given no more tasks: one on its way would be missed until it times out.
        '--dynamic-config-value=frontend.enableCancelWorkerPollsOnShutdown=true',
        // The page would fetch news from outside.
        '--ui-disable-news-fetch',
        '--log-level=warn',
        '--log-format=pretty',
      ],
      environment: plainEnvironment(),
      stopSignal: 'SIGTERM',
    }),
    check: (ports) =>
      probeTemporal({ address: `127.0.0.1:${portOf(ports, 'grpc')}` }, namespace, searchAttributes),
    describe: (ports) => ({
      addresses: {
        temporal: {
          address: `127.0.0.1:${portOf(ports, 'grpc')}`,
          namespace,
          uiUrl: `http://127.0.0.1:${portOf(ports, 'ui')}`,
        },
      },
    }),
    tidy() {},
  }
}
