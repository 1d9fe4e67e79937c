import { type Environment, externalAddresses } from './external-addresses.ts'
import { runningAddresses } from './running-addresses.ts'
import type { StackAddresses } from './stack-addresses.ts'
import { readCredentials } from './stack-credentials.ts'
import { stackPaths } from './stack-paths.ts'
import { readLiveState } from './stack-state.ts'

/**
 * The addresses of the servers to use, or undefined when nothing runs in the directory. Servers
 * that the environment names come first; when it names all three, no stack needs to run.
 * @throws StackError `STACK_SETTING_MISSING`, `STACK_SETTING_INVALID`
 */
export function readStack(
  directory: string,
  environment: Environment = process.env,
): StackAddresses | undefined {
  const external = externalAddresses(environment)
  const { temporal, store, database } = external
  if (temporal && store && database) return { temporal, store, database }
  const paths = stackPaths(directory)
  const state = readLiveState(paths.state)
  if (state?.phase !== 'ready') return undefined
  const credentials = readCredentials(paths.credentials)
  return credentials && runningAddresses(state, credentials, external)
}
