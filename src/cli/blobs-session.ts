import type { Client } from '@temporalio/client'
import { createRetentionHistories } from '../client/retention-histories.ts'
import type { BlobsPlace } from '../inspect/blobs/blobs-place.ts'
import { withStore, type StoreSession } from './store-session.ts'

/** What commands about objects work with. */
export interface BlobsSession extends Pick<StoreSession, 'progress'> {
  readonly place: BlobsPlace
  readonly connect: () => Promise<HistoriesSession>
}

export interface HistoriesSession {
  readonly client: Client
  readonly histories: ReturnType<typeof createRetentionHistories>
}

/**
 * Runs `work` with the objects of the settings' store and namespace. Nothing is changed.
 *
 * @throws As `withStore` does.
 */
export function withBlobs(work: (session: BlobsSession) => Promise<void>): Promise<void> {
  return withStore(({ settings, servers, store, progress, signal, connect }) => {
    const { namespace } = servers.temporal
    const { encryption } = settings.payloads
    return work({
      place: { store, namespace, encryption, signal },
      progress,
      async connect() {
        const client = await connect()
        return { client, histories: createRetentionHistories(client) }
      },
    })
  })
}
