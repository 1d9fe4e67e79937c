import { StackError } from '../stack-error.ts'
import { addressSettings } from './external-addresses.ts'
import type { StackAddresses } from './stack-addresses.ts'
import type { StackCredentials } from './stack-credentials.ts'
import type { StackState } from './stack-state.ts'

/**
 * The addresses of a running stack, secrets added; what the environment names comes first.
 * @throws StackError `STACK_SETTING_MISSING` for a part that neither the stack nor the environment has
 */
export function runningAddresses(
  state: StackState,
  credentials: StackCredentials,
  external: Partial<StackAddresses>,
): StackAddresses {
  const { temporal, store, database } = state.addresses
  return {
    temporal: external.temporal ?? temporal ?? missing('temporal'),
    store: external.store ?? storeAddress(store, credentials) ?? missing('store'),
    database: external.database ?? databaseAddress(database, credentials) ?? missing('database'),
  }
}

function storeAddress(
  store: StackState['addresses']['store'],
  credentials: StackCredentials,
): StackAddresses['store'] | undefined {
  if (store === undefined) return undefined
  const { endpoint, region, bucket } = store
  return { endpoint, region, bucket, credentials: credentials.store }
}

function databaseAddress(
  at: StackState['addresses']['database'],
  { database: { password } }: StackCredentials,
): StackAddresses['database'] | undefined {
  if (at === undefined) return undefined
  return { url: `postgresql://${at.user}:${password}@${at.host}:${at.port}/${at.database}` }
}

function missing(part: keyof StackAddresses): never {
  const setting = addressSettings[part]
  throw new StackError('STACK_SETTING_MISSING', `the running stack was started with ${setting}`, {
    remedy: `Set ${setting} here as well, or stop the stack and start it without.`,
    at: { setting },
  })
}
