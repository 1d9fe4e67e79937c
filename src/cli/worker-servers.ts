import { externalAddresses } from '../../infra/stack/external-addresses.ts'
import type { WorkerRole } from '../../workflows/task-queues.ts'
import type { Settings } from '../config/read-settings.ts'
import type { WorkerAddresses } from '../worker/run-worker.ts'
import { findServers } from './session.ts'

/**
 * The servers for a worker of these roles: one that does not load needs no database, nor its password.
 *
 * @throws CommandError SERVERS_UNREACHABLE
 */
export function findWorkerServers(
  settings: Settings,
  roles: readonly WorkerRole[],
): WorkerAddresses {
  const { temporal, store } = externalAddresses(process.env)
  if (!roles.includes('loading') && temporal && store) return { temporal, store }
  return findServers(settings)
}
