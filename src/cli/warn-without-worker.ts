import type { Client } from '@temporalio/client'
import { missingWorkers } from '../client/missing-workers.ts'
import { queueWorkers } from '../client/queue-workers.ts'

/** Says so when nobody polls a queue that a run needs: it would wait without a word. */
export async function warnWithoutWorker(client: Client, taskQueue: string): Promise<void> {
  const { connection, options } = client
  const { namespace } = options
  // Advice only: the run has started, whether or not this can be told.
  const queues = await queueWorkers({ connection, namespace, taskQueue }).catch(() => [])
  for (const { problem, remedy } of missingWorkers(queues)) {
    process.stderr.write(`The run waits: ${problem}. ${remedy}\n`)
  }
}
