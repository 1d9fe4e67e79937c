import type { Client } from '@temporalio/client'
import type { ObjectStore } from '../../codec/index.ts'
import type { TemporalAddress } from '../../infra/stack/stack-addresses.ts'
import { connectClient } from '../client/connect-temporal.ts'
import type { PayloadSettings } from '../config/read-settings.ts'

export interface OnDemandClient {
  /** @throws CommandError TEMPORAL_UNREACHABLE; the next one who asks tries again */
  client(): Promise<Client>
  close(): Promise<void>
}

/** A client that connects when it is first needed, and then stays. */
export function connectOnDemand(
  temporal: TemporalAddress,
  payloads: PayloadSettings & { readonly store: ObjectStore },
): OnDemandClient {
  let connecting: Promise<Client> | undefined
  return {
    client() {
      connecting ??= connectClient(temporal, payloads).catch((error: unknown) => {
        connecting = undefined
        throw error
      })
      return connecting
    },
    async close() {
      const client = await connecting?.catch(() => undefined)
      await client?.connection.close()
    },
  }
}
