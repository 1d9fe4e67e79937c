import type { Client } from '@temporalio/client'
import { datasetGarbage } from '../../../activities/retention/dataset-garbage.ts'
import type { GarbageSource } from '../../../activities/retention/garbage.ts'
import type { ObjectStore } from '../../../codec/index.ts'
import { createPartitionRuns } from '../../client/partition-runs.ts'
import { abandonedLoads } from '../../targets/parquet/abandoned-loads.ts'
import { openSessions } from '../../targets/postgres/sessions.ts'
import { createNotedRuns } from './noted-runs.ts'
import { openDatasetLoads, type DatasetLoadsOptions } from './open-dataset-loads.ts'

export interface DatasetGarbageOptions extends Omit<DatasetLoadsOptions, 'sessions' | 'store'> {
  readonly client: Client
  readonly store: ObjectStore
  /** How the store of targets that name none is reached: the same one. */
  readonly storeAddress: DatasetLoadsOptions['store']
  readonly databaseUrl: string
}

/** Datasets and landings that go by the rules of their pipelines, on these servers. */
export function openDatasetGarbage(options: DatasetGarbageOptions): {
  readonly source: GarbageSource
  close(): Promise<void>
} {
  const { client, store, storeAddress, databaseUrl: url, environment, allowedHosts } = options
  const sessions = openSessions({ url, maxConnections: 2, connectTimeoutMs: 10_000 })
  const loads = openDatasetLoads({ sessions, store: storeAddress, environment, allowedHosts })
  return {
    source: datasetGarbage({
      store,
      loads,
      runs: createPartitionRuns(client, createNotedRuns(sessions)),
      leftovers: (datasets, rule, request) => abandonedLoads(store, datasets, rule, request),
    }),
    async close() {
      loads.close()
      await sessions.close()
    },
  }
}
