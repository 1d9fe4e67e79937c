import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDb, type ActivityPorts, type LoadStarter } from '../../activities/index.ts'
import type { EndpointPorts } from '../../activities/endpoint-call.ts'
import type { ObjectStore } from '../../codec/index.ts'
import type { DatabaseAddress, StoreAddress } from '../../infra/stack/stack-addresses.ts'
import type { WorkerRole } from '../../workflows/task-queues.ts'
import type { HostList } from '../sources/host-list.ts'
import { createSources } from '../sources/create-sources.ts'
import { createTargets } from '../targets/create-targets.ts'
import { createParquetTarget } from '../targets/parquet/parquet-target.ts'
import { createPostgresTarget } from '../targets/postgres/postgres-target.ts'

export interface OpenPortsOptions {
  readonly roles: readonly WorkerRole[]
  readonly addresses: { readonly store: StoreAddress; readonly database?: DatabaseAddress }
  readonly store: ObjectStore
  readonly starter: LoadStarter
  /** Loading activities at once. */
  readonly loadsAtOnce: number
  /** Where `${NAME}` references of pipelines are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly sourceHosts?: HostList | undefined
  readonly sourceDirectories?: readonly string[] | undefined
  readonly stateDirectory: string
  readonly modules: readonly string[]
}

/** To the database: an attempt may have to look after an earlier one. */
const leastConnections = 4

type Ports = ActivityPorts & EndpointPorts

export interface OpenPorts {
  readonly ports: Ports
  close(): Promise<void>
}

/** What the activities of these roles reach outside, and no more: the others' are never opened. */
export async function openPorts(options: OpenPortsOptions): Promise<OpenPorts> {
  const { roles, addresses, store, starter, environment } = options
  const has = (role: WorkerRole): boolean => roles.includes(role)
  const sources = has('fetching')
    ? createSources({
        environment,
        allowedHosts: options.sourceHosts,
        store: addresses.store,
        directories: options.sourceDirectories,
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
  return {
    ports: {
      store,
      starter,
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
    },
    async close() {
      await sources?.close()
      await target?.close()
      duckDb?.close()
    },
  }
}

function opened<Port>(port: Port | undefined): Port {
  if (port !== undefined) return port
  throw new Error('an activity has been given to a worker whose roles do not reach what it needs')
}
