import { loadClientConnectConfig } from '@temporalio/envconfig'

import { StackError } from '../stack-error.ts'
import { addressSettings, type Environment } from './external-addresses.ts'
import { probeDatabase } from './probe-database.ts'
import { probeStore } from './probe-store.ts'
import { probeTemporal } from './probe-temporal.ts'
import type { ServerName } from './server-name.ts'
import type { StackAddresses } from './stack-addresses.ts'

/**
 * Sees whether the servers at the addresses answer.
 * @throws StackError `STACK_SERVER_UNREACHABLE` for the first that does not
 */
export async function checkAddresses(
  addresses: Partial<StackAddresses>,
  environment: Environment,
): Promise<void> {
  const { temporal, store, database } = addresses
  await Promise.all([
    temporal && named('temporal', () => checkTemporal(temporal, environment)),
    store && named('store', () => probeStore(store, 'read')),
    database && named('database', () => probeDatabase(database.url)),
  ])
}

async function checkTemporal(
  { address, namespace }: StackAddresses['temporal'],
  environment: Environment,
): Promise<void> {
  // TLS and API keys are for the server that the environment names, as for every Temporal client.
  const { connectionOptions } = environment[addressSettings.temporal]
    ? loadClientConnectConfig()
    : { connectionOptions: {} }
  await probeTemporal({ ...connectionOptions, address }, namespace)
}

async function named(name: ServerName, check: () => Promise<void>): Promise<void> {
  try {
    await check()
  } catch (cause) {
    throw new StackError('STACK_SERVER_UNREACHABLE', `the ${name} does not answer`, {
      remedy: `See that it runs and that ${addressSettings[name]} and its credentials are right.`,
      retryable: true,
      at: { server: name },
      cause,
    })
  }
}
