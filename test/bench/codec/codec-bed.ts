import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Connection } from '@temporalio/client'
import type { DataConverter } from '@temporalio/common'
import { bundleWorkflowCode } from '@temporalio/worker'
import { runSql, sqlText } from '../../../infra/sample-source/run-sql.ts'
import { findSampleData } from '../../../infra/sample-source/sample-data.ts'
import type { TemporalAddress } from '../../../infra/stack/stack-addresses.ts'
import { startPrivateServers } from '../private-servers.ts'
import { openFaultProxy, type FaultProxy } from './fault-proxy.ts'
import { installPeer } from './install-peer.ts'
import type { StoreSettings } from './worker-settings.ts'

/** Servers that nobody else uses, and what all cases share, in a folder that is removed with them. */
export interface CodecBed {
  readonly directory: string
  readonly temporal: TemporalAddress
  /** The store itself; its bucket is for nobody. */
  readonly store: StoreSettings
  /** Stands before the store, where a case wants it slow or failing. */
  readonly proxy: FaultProxy
  readonly connection: Connection
  readonly peerScript: string
  /** NDJSON of real flights, some more than the longest case needs. */
  readonly rowsPath: string
  /** The path of the workflows' code, with a side's own converters where it has some. */
  bundle(converters: DataConverter): Promise<string>
  stop(): Promise<void>
}

/** Each has about 90 bytes. */
const flightRows = 600_000
const workflowsPath = fileURLToPath(import.meta.resolve('./bench-workflows.ts'))

export async function openCodecBed(say: (text: string) => void): Promise<CodecBed> {
  const peerScript = installPeer(say)
  const own = await startPrivateServers(say)
  const { directory, servers } = own
  const bundles = new Map<string, string>()
  try {
    const { temporal, store } = servers.addresses
    const { endpoint, credentials } = store
    if (endpoint === undefined || credentials === undefined) throw new Error('no embedded store')
    const rowsPath = join(directory, 'flights.ndjson')
    await writeFlights(rowsPath)
    const connection = await Connection.connect({ address: temporal.address })
    const proxy = await openFaultProxy(new URL(endpoint))
    return {
      directory,
      temporal,
      store: { ...store, endpoint, credentials },
      proxy,
      connection,
      peerScript,
      rowsPath,
      async bundle({ payloadConverterPath, failureConverterPath }) {
        const converters = {
          ...(payloadConverterPath !== undefined && { payloadConverterPath }),
          ...(failureConverterPath !== undefined && { failureConverterPath }),
        }
        const name = JSON.stringify(converters)
        const path = bundles.get(name) ?? join(directory, `workflows-${bundles.size}.js`)
        if (bundles.has(name)) return path
        const logger = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} }
        writeFileSync(
          path,
          (await bundleWorkflowCode({ workflowsPath, ...converters, logger })).code,
        )
        bundles.set(name, path)
        return path
      },
      async stop() {
        await proxy.close()
        await connection.close()
        await own.stop()
      },
    }
  } catch (error) {
    await own.stop()
    throw error
  }
}

async function writeFlights(path: string): Promise<void> {
  const { flightsPath } = await findSampleData()
  await runSql(`COPY (
    SELECT file_row_number + 1 AS id, date, delay, distance, origin, destination
    FROM read_parquet(${sqlText(flightsPath)}, file_row_number = true) LIMIT ${flightRows}
  ) TO ${sqlText(path)} (FORMAT json)`)
}
