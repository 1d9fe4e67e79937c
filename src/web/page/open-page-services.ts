import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDb } from '../../../activities/index.ts'
import type { ObjectStore } from '../../../codec/index.ts'
import { checkHealth } from '../../inspect/check-health.ts'
import { openGarbage } from '../../inspect/open-garbage.ts'
import { openTargetBuckets } from '../../targets/parquet/open-target-buckets.ts'
import type { ApiServices } from '../api/api-services.ts'
import { readParquetTargets } from '../metrics/read-parquet-targets.ts'
import type { RunWebOptions } from '../run-web.ts'
import { openPageDatabase } from './open-page-database.ts'
import type { PageServices } from './page-services.ts'
import { readSchedules } from './schedule-readings.ts'
import { sharedLook } from './shared-look.ts'

export interface PageServicesOptions extends Pick<
  RunWebOptions,
  'addresses' | 'environment' | 'allowedHosts' | 'payloads' | 'signal' | 'web'
> {
  readonly services: ApiServices
  readonly store: ObjectStore
}

export interface OpenedPageServices extends PageServices {
  close(): Promise<void>
}

/** Nothing is connected or opened before a page needs it. */
export function openPageServices(options: PageServicesOptions): OpenedPageServices {
  const { services, store, payloads, signal, web } = options
  const database = openPageDatabase(options)
  const buckets = openTargetBuckets({ ...options, store: options.addresses.store })
  let opened: Promise<{ readonly duckDb: DuckDb; readonly folder: string }> | undefined
  return {
    ...services,
    store,
    database,
    scheduleReadings: sharedLook(() => readSchedules(services)),
    parquetReadings: sharedLook(() => readParquetTargets(services, buckets)),
    place: { store, namespace: services.namespace, encryption: payloads.encryption, signal },
    openGarbage: (client) => openGarbage({ ...options, client }),
    health: sharedLook(() => readHealth(options)),
    storeConsoleUrl: web.storeConsoleUrl,
    async duckDb() {
      opened ??= openDuckDb()
      return (await opened).duckDb
    },
    async close() {
      buckets.close()
      await database?.close()
      if (opened === undefined) return
      const { duckDb, folder } = await opened
      duckDb.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function readHealth({ addresses, services, store, signal }: PageServicesOptions) {
  const { client: connect, taskQueue } = services
  return checkHealth({
    addresses,
    taskQueue,
    connect,
    async checkBucket() {
      // Only looks: whoever asks for a page makes nothing.
      for await (const _ of store.list('blobs/', { signal })) break
    },
  })
}

async function openDuckDb(): Promise<{ readonly duckDb: DuckDb; readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'claimcheck-pages-'))
  return { duckDb: await DuckDb.open({ spillDirectory: folder }), folder }
}
