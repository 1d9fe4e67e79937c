import type { ConnectionLike } from '@temporalio/client'
import proto from '@temporalio/proto'

const { TaskQueueType } = proto.temporal.api.enums.v1

/** How many workers poll a queue for workflow tasks, as the server remembers them (some minutes). */
export async function workerPollers(
  connection: ConnectionLike,
  namespace: string,
  taskQueue: string,
): Promise<number> {
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  })
  return pollers?.length ?? 0
}
