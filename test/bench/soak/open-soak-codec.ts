import {
  ClaimCheckCodec,
  createClaims,
  createDataConverter,
  createS3ObjectStore,
  parseKeys,
} from '../../../codec/index.ts'
import { createSoakClock } from './soak-clock.ts'
import type { SoakSettings } from './soak-settings.ts'

/** The codec as every process of a soak has it: encrypting, and without memory that would hide a deletion. */
export function openSoakCodec({ store: address, temporal, encryptionKeys, pace }: SoakSettings) {
  const clock = createSoakClock(pace)
  const store = createS3ObjectStore(address)
  const options = {
    store,
    namespace: temporal.namespace,
    encryption: parseKeys(encryptionKeys),
    clock: clock.now,
    thresholdBytes: 1_024,
    cacheBytes: 0,
  }
  return {
    clock,
    store,
    codec: new ClaimCheckCodec(options),
    dataConverter: createDataConverter(options),
    claims: createClaims(options),
  }
}
