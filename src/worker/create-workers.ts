import { Worker, type NativeConnection } from '@temporalio/worker'
import type { DataConverter } from '@temporalio/common'
import type { Activities } from '../../activities/index.ts'
import type { PayloadSettings } from '../config/read-settings.ts'
import { bundleWorkflows } from './bundle-workflows.ts'

export interface WorkersOptions {
  readonly connection: NativeConnection
  readonly namespace: string
  readonly taskQueue: string
  readonly dataConverter: DataConverter
  readonly payloads: PayloadSettings
  readonly activities: Activities
}

/** Activities at once in this process. */
const maxBulkActivities = 6

/** How long running activities have to notice a shutdown before they are left to another worker. */
const shutdownGraceTime = '10 seconds'

/** Two workers in one process: one for workflows, one (queue `…-bulk`) for the activities. */
export async function createWorkers(options: WorkersOptions): Promise<Worker[]> {
  const { connection, namespace, taskQueue, dataConverter, payloads } = options
  const common = {
    connection,
    namespace,
    shutdownGraceTime,
    dataConverter,
    // A cancelled activity hears of it with its next heartbeat.
    maxHeartbeatThrottleInterval: '2 seconds',
  } as const
  const orchestration = Worker.create({
    ...common,
    taskQueue,
    workflowBundle: await bundleWorkflows({ encryptsFailures: payloads.encryption !== undefined }),
    maxCachedWorkflows: 100,
  })
  const bulk = Worker.create({
    ...common,
    taskQueue: `${taskQueue}-bulk`,
    activities: options.activities,
    maxConcurrentActivityTaskExecutions: maxBulkActivities,
  })
  return Promise.all([orchestration, bulk])
}
