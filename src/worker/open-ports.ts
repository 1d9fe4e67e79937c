import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '@temporalio/client'
import { DuckDb, type ActivityPorts, type GarbagePorts } from '../../activities/index.ts'
import type { BackfillPorts } from '../../activities/backfill/slice-loads.ts'
import type { EndpointPorts } from '../../activities/endpoint-call.ts'
import type { ObjectStore } from '../../codec/index.ts'
import type { WorkerRole } from '../../workflows/task-queues.ts'
import { createLoadStarter } from '../client/load-starter.ts'
import { createSliceLoads } from '../client/slice-loads.ts'
import { openGarbage } from '../inspect/open-garbage.ts'
import { createSources } from '../sources/create-sources.ts'
import { createTargets } from '../targets/create-targets.ts'
import { createParquetTarget } from '../targets/parquet/parquet-target.ts'
import { createPostgresTarget } from '../targets/postgres/postgres-target.ts'
import type { RunWorkerOptions } from './run-worker.ts'

export interface OpenPortsOptions extends Pick<
  RunWorkerOptions,
  | 'addresses'
  | 'taskQueue'
  | 'environment'
  | 'sourceHosts'
  | 'sourceDirectories'
  | 'sourceBuckets'
  | 'stateDirectory'
  | 'modules'
> {
  readonly roles: readonly WorkerRole[]
  readonly store: ObjectStore
  readonly client: Client
  /** Loading activities at once. */
  readonly loadsAtOnce: number
}

/** To the database: an attempt may have to look after an earlier one. */
const leastConnections = 4

type Ports = ActivityPorts & EndpointPorts & BackfillPorts & GarbagePorts

export interface OpenPorts {
  readonly ports: Ports
  close(): Promise<void>
}

/** What the activities of these roles reach outside, and no more: the others' are never opened. */
export async function openPorts(options: OpenPortsOptions): Promise<OpenPorts> {
  const { roles, addresses, client, store, taskQueue, environment } = options
  const has = (role: WorkerRole): boolean => roles.includes(role)
  const sources = has('fetching')
    ? createSources({
        environment,
        allowedHosts: options.sourceHosts,
        store: addresses.store,
        directories: options.sourceDirectories,
        sourceBuckets: options.sourceBuckets,
        stateDirectory: options.stateDirectory,
        modules: options.modules,
      })
    : undefined
  const duckDb = roles.some((role) => role !== 'orchestration')
    ? await DuckDb.open({ spillDirectory: join(tmpdir(), `claimcheck-spill-${process.pid}`) })
    : undefined
  const target =
    has('loading') && duckDb !== undefined && addresses.database !== undefined
      ? createTargets({
          postgres: createPostgresTarget({
            url: addresses.database.url,
            maxConnections: Math.max(options.loadsAtOnce, leastConnections),
          }),
          parquet: createParquetTarget({
            store: addresses.store,
            duckDb,
            environment,
            allowedHosts: options.sourceHosts,
          }),
        })
      : undefined
  const garbage = has('loading')
    ? openGarbage({ client, store, addresses, environment, allowedHosts: options.sourceHosts })
    : undefined
  return {
    ports: {
      store,
      starter: createLoadStarter(client, taskQueue),
      sliceLoads: createSliceLoads(client, taskQueue),
      get duckDb() {
        return opened(duckDb)
      },
      get pages() {
        return opened(sources).pages
      },
      get items() {
        return opened(sources).items
      },
      get endpoints() {
        return opened(sources).endpoints
      },
      get target() {
        return opened(target)
      },
      get uploads() {
        return opened(garbage).uploads
      },
      get garbageSources() {
        return opened(garbage).garbageSources
      },
    },
    async close() {
      await sources?.close()
      await target?.close()
      await garbage?.close()
      duckDb?.close()
    },
  }
}

function opened<Port>(port: Port | undefined): Port {
  if (port !== undefined) return port
  throw new Error('an activity has been given to a worker whose roles do not reach what it needs')
}
