import type { Client } from '@temporalio/client'
import { workerPollers } from '../client/worker-pollers.ts'

/** Says so when nobody polls the queue: the run would wait without a word. */
export async function warnWithoutWorker(client: Client, taskQueue: string): Promise<void> {
  const { connection, options } = client
  if ((await workerPollers(connection, options.namespace, taskQueue)) > 0) return
  process.stderr.write(
    `No worker polls the queue ${taskQueue}: the run waits until you start \`claimcheck worker\`.\n`,
  )
}
