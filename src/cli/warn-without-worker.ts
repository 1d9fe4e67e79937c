import type { Client } from '@temporalio/client'
import { workerPollers } from '../client/worker-pollers.ts'

/** Says so when nobody polls the queue: the run would wait without a word. */
export async function warnWithoutWorker(client: Client, taskQueue: string): Promise<void> {
  const { connection, options } = client
  // Advice only: the run has started, whether or not this can be told.
  const pollers = await workerPollers(connection, options.namespace, taskQueue).catch(() => 1)
  if (pollers > 0) return
  process.stderr.write(
    `No worker polls the queue ${taskQueue}: the run waits until you start \`claimcheck worker\`.\n`,
  )
}
