import { ScheduleClient, type Client } from '@temporalio/client'
import { createDataConverter, type ObjectStore } from '../../codec/index.ts'
import type { PayloadSettings } from '../config/read-settings.ts'

/**
 * A client for schedules, over the connection of another. What it writes is never parked: a schedule may
 * live for years, longer than any generation of blobs, so that its arguments have to stand in it whole.
 * Compressed and encrypted they are as everywhere.
 */
export function openSchedules(
  client: Client,
  options: PayloadSettings & { readonly store: ObjectStore },
): ScheduleClient {
  const { namespace } = client.options
  const dataConverter = createDataConverter({
    ...options,
    namespace,
    thresholdBytes: Number.MAX_SAFE_INTEGER,
  })
  return new ScheduleClient({ connection: client.connection, namespace, dataConverter })
}
