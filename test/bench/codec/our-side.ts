import {
  createClaims,
  createDataConverter,
  createS3ObjectStore,
  staticKeys,
} from '../../../codec/index.ts'
import type { SideOptions } from './run-worker.ts'
import type { WorkerSettings } from './worker-settings.ts'

/** Our codec as a process that uses it sets it up. */
export function ourSide({
  namespace,
  store,
  encryptionKey,
}: Pick<WorkerSettings, 'namespace' | 'store' | 'encryptionKey'>): SideOptions {
  const options = {
    store: createS3ObjectStore(store),
    namespace,
    ...(encryptionKey !== undefined && {
      encryption: staticKeys({ current: 'k1', keys: { k1: Buffer.from(encryptionKey, 'hex') } }),
    }),
  }
  return { dataConverter: createDataConverter(options), claims: createClaims(options) }
}
