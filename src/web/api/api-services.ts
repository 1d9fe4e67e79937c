import type { Client, ScheduleClient } from '@temporalio/client'
import type { ObjectStore } from '../../../codec/index.ts'
import type { Coverage } from '../../targets/open-coverage.ts'
import type { EventStreams } from './event-streams.ts'

/** What the routes work with. */
export interface ApiServices {
  /**
   * Connects with the first request that needs it: the codec is served without Temporal too.
   * @throws CommandError TEMPORAL_UNREACHABLE
   */
  client(this: void): Promise<Client>
  /** Over the connection of a client. */
  schedules(this: void, client: Client): ScheduleClient
  /** What is loaded. Absent where no database is known. */
  readonly coverage?: Pick<Coverage, 'coveredSlices'> | undefined
  /** Where datasets lie. */
  readonly store: ObjectStore
  /** Where pipelines are found by name. */
  readonly directories: readonly string[]
  readonly taskQueue: string
  readonly streams: EventStreams
  /** Aborted when the server stops. */
  readonly signal: AbortSignal
  readonly namespace: string
  /** Of the Temporal UI, without a slash at the end. */
  readonly uiUrl?: string | undefined
}
