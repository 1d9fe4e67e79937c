import type { Client } from '@temporalio/client'
import type { ObjectStore } from '../../codec/index.ts'
import { readStack } from '../../infra/stack/read-stack.ts'
import type { StackAddresses } from '../../infra/stack/stack-addresses.ts'
import { CommandError } from '../command-error.ts'
import type { Settings } from '../config/read-settings.ts'

/**
 * The servers to use: those that the environment names, else the stack that runs here.
 *
 * @throws CommandError SERVERS_UNREACHABLE when there is neither
 */
export function findServers(settings: Settings): StackAddresses {
  const addresses = readStack(settings.directory)
  if (addresses !== undefined) return addresses
  throw new CommandError('SERVERS_UNREACHABLE', 'no servers are running here', {
    at: { directory: settings.directory },
    remedy: 'Start them with `claimcheck up`, or name yours in the environment.',
  })
}

export interface Session {
  readonly client: Client
  readonly store: ObjectStore
  close(): Promise<void>
}

/** A connected client and store for one command. */
export async function openSession(settings: Settings, addresses: StackAddresses): Promise<Session> {
  // Heavy, and commands that find servers need not connect to these.
  const { createS3ObjectStore } = await import('../../codec/index.ts')
  const { connectClient } = await import('../client/connect-temporal.ts')
  const store = createS3ObjectStore(addresses.store)
  const client = await connectClient(addresses.temporal, { ...settings.payloads, store })
  return {
    client,
    store,
    async close() {
      await client.connection.close()
      store.close()
    },
  }
}
