import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDb } from '../../activities/index.ts'
import type { DatasetLoads, PartitionRuns } from '../../activities/retention/dataset-use.ts'
import { createPartitionRuns } from '../client/partition-runs.ts'
import { createNotedRuns } from '../inspect/datasets/noted-runs.ts'
import { openDatasetLoads } from '../inspect/datasets/open-dataset-loads.ts'
import { openSessions } from '../targets/postgres/sessions.ts'
import { withStore, type StoreSession } from './store-session.ts'

/** What commands about datasets work with. */
export interface DatasetsSession extends Pick<StoreSession, 'store' | 'progress' | 'signal'> {
  readonly loads: DatasetLoads
  readonly namespace: string
  /** Connects to Temporal, which most of these commands do without. */
  readonly runs: () => Promise<PartitionRuns>
  /** Only where rows are read: it is heavy. */
  readonly openDuckDb: () => Promise<DuckDb>
}

/**
 * Runs `work` with the servers that the settings name, each asked only where it is needed.
 *
 * @throws As `withStore` does.
 */
export function withDatasets(work: (session: DatasetsSession) => Promise<void>): Promise<void> {
  return withStore(async ({ settings, servers, store, progress, signal, connect }) => {
    const { url } = servers.database
    const sessions = openSessions({ url, maxConnections: 2, connectTimeoutMs: 10_000 })
    const loads = openDatasetLoads({
      sessions,
      store: servers.store,
      environment: process.env,
      allowedHosts: settings.sourceHosts,
    })
    const opened: DuckDb[] = []
    const openDuckDb = async (): Promise<DuckDb> => {
      const activities = await import('../../activities/index.ts')
      const spillDirectory = join(tmpdir(), `claimcheck-spill-${process.pid}`)
      const duckDb = await activities.DuckDb.open({ spillDirectory })
      opened.push(duckDb)
      return duckDb
    }
    const runs = async (): Promise<PartitionRuns> =>
      createPartitionRuns(await connect(), createNotedRuns(sessions))
    const { namespace } = servers.temporal
    try {
      await work({ store, loads, namespace, runs, openDuckDb, progress, signal })
    } finally {
      for (const duckDb of opened) duckDb.close()
      loads.close()
      await sessions.close()
    }
  })
}
