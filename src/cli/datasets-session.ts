import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '@temporalio/client'
import type { DuckDb } from '../../activities/index.ts'
import type { DatasetLoads, PartitionRuns } from '../../activities/retention/dataset-use.ts'
import { createS3ObjectStore, type ObjectStore } from '../../codec/index.ts'
import { connectClient } from '../client/connect-temporal.ts'
import { createPartitionRuns } from '../client/partition-runs.ts'
import { readSettings } from '../config/read-settings.ts'
import { EXIT_CODES } from '../exit-code.ts'
import { createNotedRuns } from '../inspect/datasets/noted-runs.ts'
import { openDatasetLoads } from '../inspect/datasets/open-dataset-loads.ts'
import { openSessions } from '../targets/postgres/sessions.ts'
import { createCountLine, type CountLine } from './count-line.ts'
import { endSignal } from './end-signal.ts'
import { findServers } from './session.ts'

/** What commands about datasets work with. */
export interface DatasetsSession {
  readonly store: ObjectStore
  readonly loads: DatasetLoads
  readonly namespace: string
  /** Connects to Temporal, which most of these commands do without. */
  readonly runs: () => Promise<PartitionRuns>
  /** Only where rows are read: it is heavy. */
  readonly openDuckDb: () => Promise<DuckDb>
  readonly progress: CountLine
  readonly signal: AbortSignal
}

/**
 * Runs `work` with the servers that the settings name, each asked only where it is needed. Ctrl-C ends it.
 *
 * @throws CommandError SETTING_INVALID, SERVERS_UNREACHABLE
 */
export async function withDatasets(
  work: (session: DatasetsSession) => Promise<void>,
): Promise<void> {
  const settings = readSettings(process.env)
  const { store: storeAddress, temporal, database } = findServers(settings)
  const store = createS3ObjectStore(storeAddress)
  const sessions = openSessions({ url: database.url, maxConnections: 2, connectTimeoutMs: 10_000 })
  const loads = openDatasetLoads({
    sessions,
    store: storeAddress,
    environment: process.env,
    allowedHosts: settings.sourceHosts,
  })
  const signal = endSignal()
  const progress = createCountLine()
  const clients: Client[] = []
  const opened: DuckDb[] = []
  const runs = async (): Promise<PartitionRuns> => {
    const client = clients[0] ?? (await connectClient(temporal, { ...settings.payloads, store }))
    if (clients.length === 0) clients.push(client)
    return createPartitionRuns(client, createNotedRuns(sessions))
  }
  const openDuckDb = async (): Promise<DuckDb> => {
    const activities = await import('../../activities/index.ts')
    const spillDirectory = join(tmpdir(), `claimcheck-spill-${process.pid}`)
    const duckDb = await activities.DuckDb.open({ spillDirectory })
    opened.push(duckDb)
    return duckDb
  }
  const { namespace } = temporal
  try {
    await work({ store, loads, namespace, runs, openDuckDb, progress, signal })
  } catch (error) {
    if (!signal.aborted) throw error
    process.stderr.write('Interrupted.\n')
    process.exitCode = EXIT_CODES.failed
  } finally {
    progress.end()
    for (const duckDb of opened) duckDb.close()
    for (const client of clients) await client.connection.close()
    loads.close()
    await sessions.close()
    store.close()
  }
}
