import type { Client } from '@temporalio/client'

/** Says so when nobody polls the queue: the run would wait without a word. */
export async function warnWithoutWorker(client: Client, taskQueue: string): Promise<void> {
  const { namespace } = client.options
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: 1,
  })
  if (pollers && pollers.length > 0) return
  process.stderr.write(
    `No worker polls the queue ${taskQueue}: the run waits until you start \`claimcheck worker\`.\n`,
  )
}
