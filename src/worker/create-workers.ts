import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker'
import type { DataConverter } from '@temporalio/common'
import type { Activities } from '../../activities/index.ts'
import {
  activityRoles,
  earlierTaskQueue,
  taskQueueOf,
  WORKER_ROLES,
  type WorkerRole,
} from '../../workflows/task-queues.ts'
import type { PayloadSettings } from '../config/read-settings.ts'
import type { WorkerSettings } from '../config/worker-settings.ts'
import type { Tracing } from './open-tracing.ts'
import { bundleWorkflows } from './bundle-workflows.ts'

export interface WorkersOptions extends WorkerSettings {
  readonly connection: NativeConnection
  readonly namespace: string
  readonly taskQueue: string
  readonly dataConverter: DataConverter
  readonly payloads: PayloadSettings
  readonly activities: Activities
  /** @default none */
  readonly tracing?: Tracing | undefined
}

/** Activities that ask Temporal, at once in this process: they take next to no memory. */
const asksAtOnce = 10

/** Of all kinds, for runs of an earlier version. */
const earlierActivitiesAtOnce = 2

/** How long running activities have to end at a shutdown before they are handed over. */
const shutdownGraceTime = '10 seconds'

/** How long a worker waits for its polls to come back: a server that is away never ends them. */
const shutdownForceTime = '15 seconds'

/** One worker a role in this process, each on a queue of its own. */
export async function createWorkers(options: WorkersOptions): Promise<Worker[]> {
  const { connection, namespace, taskQueue, dataConverter, roles, deploymentVersion } = options
  const common = {
    connection,
    namespace,
    shutdownGraceTime,
    shutdownForceTime,
    dataConverter,
    // A cancelled activity hears of it with its next heartbeat.
    maxHeartbeatThrottleInterval: '2 seconds',
    ...options.tracing?.options,
    ...(deploymentVersion === undefined
      ? {}
      : {
          workerDeploymentOptions: {
            version: deploymentVersion,
            useWorkerVersioning: true,
            // What a run has begun, its own version ends: the state of a chain is of that version.
            defaultVersioningBehavior: 'PINNED',
          },
        }),
  } as const satisfies Partial<WorkerOptions>
  const workflows = roles.includes('orchestration') ? await workflowOptions(options) : {}
  const workers = roles.map((role) =>
    Worker.create({
      ...common,
      taskQueue: taskQueueOf(taskQueue, role),
      activities: activitiesOf(options.activities, role),
      ...(role === 'orchestration'
        ? { ...workflows, ...atOnce(asksAtOnce) }
        : atOnce(options.concurrency[role])),
    }),
  )
  if (WORKER_ROLES.every((role) => roles.includes(role))) {
    const earlier = Worker.create({
      ...common,
      taskQueue: earlierTaskQueue(taskQueue),
      activities: options.activities,
      ...atOnce(earlierActivitiesAtOnce),
    })
    workers.push(earlier)
  }
  return Promise.all(workers)
}

function atOnce(maxConcurrentActivityTaskExecutions: number) {
  return { maxConcurrentActivityTaskExecutions }
}

async function workflowOptions({ payloads, tracing }: WorkersOptions) {
  return {
    workflowBundle: await bundleWorkflows({
      encryptsFailures: payloads.encryption !== undefined,
      traces: tracing !== undefined,
    }),
    maxCachedWorkflows: 100,
  }
}

function activitiesOf(activities: Activities, role: WorkerRole): Partial<Activities> {
  const roles = new Map<string, WorkerRole>(Object.entries(activityRoles))
  const ours = Object.entries(activities).filter(([name]) => roles.get(name) === role)
  return Object.fromEntries(ours)
}
