import { Worker, type WorkerOptions } from '@temporalio/worker'
import { taskQueueOf, WORKER_ROLES } from '../../../workflows/task-queues.ts'

type RoleWorkersOptions = WorkerOptions & Required<Pick<WorkerOptions, 'taskQueue' | 'activities'>>

/** The workflows, and the given activities on every queue that an activity may wait in. */
export function createRoleWorkers({
  workflowBundle,
  taskQueue,
  ...options
}: RoleWorkersOptions): Promise<Worker[]> {
  return Promise.all(
    WORKER_ROLES.map((role) =>
      Worker.create({
        ...options,
        taskQueue: taskQueueOf(taskQueue, role),
        ...(role === 'orchestration' ? { workflowBundle } : {}),
      }),
    ),
  )
}
