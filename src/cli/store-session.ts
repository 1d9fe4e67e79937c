import type { Client } from '@temporalio/client'
import { createS3ObjectStore, type ObjectStore } from '../../codec/index.ts'
import type { StackAddresses } from '../../infra/stack/stack-addresses.ts'
import { connectClient } from '../client/connect-temporal.ts'
import { isOutOfReach } from '../client/is-out-of-reach.ts'
import { CommandError } from '../command-error.ts'
import { readSettings, type Settings } from '../config/read-settings.ts'
import { EXIT_CODES } from '../exit-code.ts'
import { createCountLine, type CountLine } from './count-line.ts'
import { endSignal } from './end-signal.ts'
import { keepHeapSmall } from './keep-heap-small.ts'
import { findServers } from './session.ts'

/** What commands that look into the bucket work with. */
export interface StoreSession {
  readonly settings: Settings
  readonly servers: StackAddresses
  readonly store: ObjectStore
  /** Draws how far a long look has come. */
  readonly progress: CountLine
  readonly signal: AbortSignal
  /** Connects to Temporal, once, which most of these commands do without. */
  readonly connect: () => Promise<Client>
}

/**
 * Runs `work` with the store that the settings name, and closes it. Ctrl-C ends it.
 *
 * @throws CommandError SETTING_INVALID, SERVERS_UNREACHABLE, TEMPORAL_UNREACHABLE
 */
export async function withStore(work: (session: StoreSession) => Promise<void>): Promise<void> {
  keepHeapSmall()
  const settings = readSettings(process.env)
  const servers = findServers(settings)
  const store = createS3ObjectStore(servers.store)
  const signal = endSignal()
  const progress = createCountLine()
  let connected: Promise<Client> | undefined
  const connect = (): Promise<Client> => {
    connected ??= connectClient(servers.temporal, { ...settings.payloads, store })
    return connected
  }
  try {
    await work({ settings, servers, store, progress, signal, connect })
  } catch (error) {
    if (!signal.aborted) {
      throw isOutOfReach(error) ? unreachable(servers.temporal.address, error) : error
    }
    process.stderr.write('Interrupted.\n')
    process.exitCode = EXIT_CODES.failed
  } finally {
    progress.end()
    // Who asked for it has heard of its failure.
    const client = await connected?.catch(() => undefined)
    await client?.connection.close()
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
