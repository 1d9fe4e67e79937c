import type { ConnectionLike } from '@temporalio/client'
import proto, { type temporal } from '@temporalio/proto'
import { taskQueueOf, WORKER_ROLES, type WorkerRole } from '../../workflows/task-queues.ts'

const { TaskQueueType, WorkerStatus, WorkerVersioningMode } = proto.temporal.api.enums.v1

/** Who does the work of a role. */
export interface QueueWorkers {
  readonly role: WorkerRole
  readonly taskQueue: string
  /** Workers that new runs are given to. */
  readonly workers: number
  /** The version that new runs begin with; absent where workers without one are given them. */
  readonly current?: string | undefined
  /** The versions of workers that are not given new runs; null for those without one. */
  readonly others: readonly (string | null)[]
}

export interface QueuesRequest {
  readonly connection: ConnectionLike
  readonly namespace: string
  /** The one that runs are started on. */
  readonly taskQueue: string
}

/** A worker tells that it lives once a minute. */
const longestSilenceMs = 180_000

/** The workers of each role, as the server knows them: it forgets one that was killed after some minutes. */
export async function queueWorkers(request: QueuesRequest): Promise<QueueWorkers[]> {
  const queues = await Promise.all(WORKER_ROLES.map((role) => workersOf(request, role)))
  const current = queues.find(({ role }) => role === 'orchestration')?.current
  if (current === undefined) return queues
  // Where a run's own version does not poll a queue, that queue knows of no current one.
  return queues.map((queue) => (queue.workers === 0 ? { current, ...queue } : queue))
}

async function workersOf(request: QueuesRequest, role: WorkerRole): Promise<QueueWorkers> {
  const { connection, namespace } = request
  const taskQueue = taskQueueOf(request.taskQueue, role)
  const [{ pollers, versioningInfo }, told] = await Promise.all([
    connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: taskQueue },
      taskQueueType:
        role === 'orchestration'
          ? TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
          : TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    }),
    heartbeats(connection, namespace, taskQueue),
  ])
  const versions = new Map<string, string | null>()
  // One that is busy does not poll.
  for (const { workerIdentity, status, heartbeatTime, deploymentVersion } of told) {
    const isRecent = Date.now() - millis(heartbeatTime) < longestSilenceMs
    if (status !== WorkerStatus.WORKER_STATUS_RUNNING || !isRecent) continue
    const isVersioned = Boolean(deploymentVersion?.deploymentName)
    versions.set(workerIdentity ?? '', isVersioned ? versionName(deploymentVersion) : null)
  }
  for (const { identity, lastAccessTime, deploymentOptions } of pollers ?? []) {
    const hasEnded = told.some(
      ({ workerIdentity, status, heartbeatTime }) =>
        workerIdentity === identity &&
        status === WorkerStatus.WORKER_STATUS_SHUTTING_DOWN &&
        millis(heartbeatTime) >= millis(lastAccessTime),
    )
    if (hasEnded) continue
    const mode = deploymentOptions?.workerVersioningMode
    const isVersioned = mode === WorkerVersioningMode.WORKER_VERSIONING_MODE_VERSIONED
    versions.set(identity ?? '', isVersioned ? versionName(deploymentOptions) : null)
  }
  const currentVersion = versioningInfo?.currentDeploymentVersion
  const current = currentVersion ? versionName(currentVersion) : null
  const found = [...versions.values()]
  return {
    role,
    taskQueue,
    workers: found.filter((version) => version === current).length,
    ...(current === null ? {} : { current }),
    others: [...new Set(found)].filter((version) => version !== current),
  }
}

/** What workers have told of themselves; nothing where the server does not ask for that. */
async function heartbeats(
  { workflowService }: ConnectionLike,
  namespace: string,
  taskQueue: string,
): Promise<temporal.api.worker.v1.IWorkerHeartbeat[]> {
  if (!/^[\w./-]+$/.test(taskQueue)) return []
  try {
    const query = `TaskQueue='${taskQueue}'`
    const { workersInfo } = await workflowService.listWorkers({ namespace, query, pageSize: 1000 })
    return (workersInfo ?? []).flatMap(({ workerHeartbeat }) => workerHeartbeat ?? [])
  } catch {
    return []
  }
}

/** As `CLAIMCHECK_DEPLOYMENT_VERSION` has it. */
function versionName(
  version:
    | { readonly deploymentName?: string | null; readonly buildId?: string | null }
    | null
    | undefined,
): string {
  return `${version?.deploymentName}.${version?.buildId}`
}

function millis(time: { readonly seconds?: unknown } | null | undefined): number {
  return Number(time?.seconds ?? 0) * 1000
}
