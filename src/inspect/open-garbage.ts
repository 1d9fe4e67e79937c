import type { Client } from '@temporalio/client'
import type { GarbageScope, GarbageSource } from '../../activities/index.ts'
import {
  createS3UnfinishedUploads,
  type ObjectStore,
  type UnfinishedUploads,
} from '../../codec/index.ts'
import type { DatabaseAddress, StoreAddress } from '../../infra/stack/stack-addresses.ts'
import { createGarbageSources } from '../client/garbage-sources.ts'
import type { HostList } from '../sources/host-list.ts'
import type { Environment } from '../sources/resolve-references.ts'
import { openDatasetGarbage } from './datasets/open-dataset-garbage.ts'
import { watchedStore } from './watched-store.ts'

export interface OpenGarbageOptions {
  readonly client: Client
  readonly store: ObjectStore
  readonly addresses: { readonly store: StoreAddress; readonly database?: DatabaseAddress }
  /** Where `${NAME}` references of targets are looked up. */
  readonly environment: Environment
  readonly allowedHosts?: HostList | undefined
  /** Hears of each object and each history that is come by. @default nobody */
  readonly onLook?: (what: 'object' | 'history') => void
}

export interface OpenGarbage {
  readonly uploads: UnfinishedUploads
  /** What tells garbage from what is needed; of datasets too, where a database is known. */
  garbageSources(this: void, scope: GarbageScope): GarbageSource[]
  close(): Promise<void>
}

/** All that garbage is told by, on these servers. Connects where it is asked, and not before. */
export function openGarbage(options: OpenGarbageOptions): OpenGarbage {
  const { client, addresses, environment, allowedHosts, onLook = () => undefined } = options
  const store = watchedStore(options.store, () => onLook('object'))
  const uploads = createS3UnfinishedUploads(addresses.store)
  const datasets =
    addresses.database &&
    openDatasetGarbage({
      client,
      store,
      storeAddress: addresses.store,
      databaseUrl: addresses.database.url,
      environment,
      allowedHosts,
    })
  return {
    uploads,
    garbageSources: (scope) =>
      createGarbageSources(
        { client, store, uploads, datasets: datasets?.source, onHistory: () => onLook('history') },
        scope,
      ),
    async close() {
      await datasets?.close()
      uploads.close()
    },
  }
}
