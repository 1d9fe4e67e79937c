import type { Client } from '@temporalio/client'
import { createS3ObjectStore } from '../../codec/index.ts'
import { connectClient } from '../client/connect-temporal.ts'
import { isOutOfReach } from '../client/is-out-of-reach.ts'
import { createRetentionHistories } from '../client/retention-histories.ts'
import { CommandError } from '../command-error.ts'
import { readSettings } from '../config/read-settings.ts'
import { EXIT_CODES } from '../exit-code.ts'
import type { BlobsPlace } from '../inspect/blobs/blobs-place.ts'
import { createCountLine, type CountLine } from './count-line.ts'
import { endSignal } from './end-signal.ts'
import { findServers } from './session.ts'

/** What commands about objects work with. */
export interface BlobsSession {
  readonly place: BlobsPlace
  /** Draws how far a long look has come. */
  readonly progress: CountLine
  /** Connects to Temporal, which most of these commands do without. */
  readonly connect: () => Promise<HistoriesSession>
}

export interface HistoriesSession {
  readonly client: Client
  readonly histories: ReturnType<typeof createRetentionHistories>
}

/**
 * Runs `work` with the store that the settings name, and closes it. Ctrl-C ends it: nothing is changed.
 *
 * @throws CommandError SETTING_INVALID, SERVERS_UNREACHABLE
 */
export async function withBlobs(work: (session: BlobsSession) => Promise<void>): Promise<void> {
  const settings = readSettings(process.env)
  const { store: storeAddress, temporal } = findServers(settings)
  const store = createS3ObjectStore(storeAddress)
  const signal = endSignal()
  const { encryption } = settings.payloads
  const progress = createCountLine()
  const clients: Client[] = []
  const place = { store, namespace: temporal.namespace, encryption, signal }
  const connect = async (): Promise<HistoriesSession> => {
    const client = await connectClient(temporal, { ...settings.payloads, store })
    clients.push(client)
    return { client, histories: createRetentionHistories(client) }
  }
  try {
    await work({ place, progress, connect })
  } catch (error) {
    if (!signal.aborted) throw isOutOfReach(error) ? unreachable(temporal.address, error) : error
    process.stderr.write('Interrupted.\n')
    process.exitCode = EXIT_CODES.failed
  } finally {
    progress.end()
    for (const client of clients) await client.connection.close()
    store.close()
  }
}

function unreachable(address: string, cause: unknown): CommandError {
  return new CommandError('TEMPORAL_UNREACHABLE', 'Temporal does not answer any more', {
    at: { address },
    remedy: 'See that it runs, and ask again: what was said so far is not all.',
    retryable: true,
    cause,
  })
}
