import { openDatasetLoads } from '../../inspect/datasets/open-dataset-loads.ts'
import { askCatalog, orWithoutCatalog } from '../../targets/postgres/open-catalog.ts'
import { openSessions } from '../../targets/postgres/sessions.ts'
import { partitionStates } from '../../targets/postgres/partition-states.ts'
import { pipelineStatus } from '../../targets/postgres/pipeline-status.ts'
import type { RunWebOptions } from '../run-web.ts'
import type { PageDatabase } from './page-services.ts'
import { stripLength } from './partition-strip.ts'
import { sharedLook } from './shared-look.ts'

/** What pages ask of the catalog; nothing is connected before one does. Undefined where no database is known. */
export function openPageDatabase({
  addresses,
  environment,
  allowedHosts,
  signal,
}: Pick<RunWebOptions, 'addresses' | 'environment' | 'allowedHosts' | 'signal'>):
  | (PageDatabase & { close(): Promise<void> })
  | undefined {
  const { database, store } = addresses
  if (database === undefined) return undefined
  const { url } = database
  const sessions = openSessions({ url, maxConnections: 2, connectTimeoutMs: 10_000 })
  const loads = openDatasetLoads({ sessions, store, environment, allowedHosts })
  const list = <Row>(question: Parameters<typeof askCatalog<readonly Row[]>>[2]) =>
    orWithoutCatalog(
      () => askCatalog(sessions, signal, question),
      () => [],
    )
  return {
    list,
    newestStates: sharedLook(() =>
      list((session) => partitionStates(session, { limit: stripLength })),
    ),
    pipelineStatus: sharedLook(() => list(pipelineStatus)),
    loads,
    async close() {
      loads.close()
      await sessions.close()
    },
  }
}
