import assert from 'node:assert/strict'
import type { CodedError } from '../../codec/index.ts'
import { MemoryObjectStore } from '../../codec/index.ts'
import { CommandError } from '../../src/command-error.ts'
import { createApi } from '../../src/web/api/create-api.ts'
import { EventStreams } from '../../src/web/api/event-streams.ts'
import { createPages } from '../../src/web/page/create-pages.ts'
import type { PageServices } from '../../src/web/page/page-services.ts'
import { createWebApp } from '../../src/web/web-app.ts'

export const pageHost = '127.0.0.1:8282'
export const asBrowser = { host: pageHost, accept: 'text/html,application/xhtml+xml' }

export interface PageAppOptions {
  readonly directory: string
  readonly token?: string | undefined
  /** Instead of what is away or empty. */
  readonly services?: Partial<PageServices>
}

/** The whole web app, with Temporal away, no database, and an empty store where nothing else is given. */
export function createPageApp({ directory, token, services: given = {} }: PageAppOptions) {
  const { signal } = new AbortController()
  const store = given.store ?? new MemoryObjectStore()
  const failures: CodedError[] = []
  const services: PageServices = {
    client: async () => {
      throw new CommandError('TEMPORAL_UNREACHABLE', 'Temporal <b>cannot</b> be reached', {
        remedy: 'Start it.',
      })
    },
    schedules: () => assert.fail('there are no schedules'),
    signal,
    directories: [directory],
    namespace: 'default',
    streams: new EventStreams(signal),
    taskQueue: 'claimcheck',
    store,
    place: { store, namespace: 'default', encryption: undefined, signal },
    scheduleReadings: async () => {
      await services.client()
      return []
    },
    parquetReadings: async () => ({ targets: [], runs: { kind: 'known', value: new Map() } }),
    health: async () => [],
    openGarbage: () => assert.fail('nothing is planned'),
    duckDb: () => assert.fail('no page shows rows'),
    ...given,
  }
  const onFailure = (error: CodedError): void => void failures.push(error)
  const guarded = { host: '127.0.0.1', token, services, onFailure }
  const app = createWebApp({
    codecServer: () => assert.fail('nothing is decoded'),
    api: createApi(guarded),
    pages: createPages(guarded),
  })
  return { app, store, failures }
}
