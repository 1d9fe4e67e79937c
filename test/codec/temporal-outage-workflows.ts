import { proxyActivities } from '@temporalio/workflow'

export interface OutageActivities {
  answer(question: string): Promise<string>
}

/** Asks an activity on another task queue, with a large question; gives back how long the answer is. */
export async function askElsewhere(taskQueue: string, sizeBytes: number): Promise<number> {
  const { answer } = proxyActivities<OutageActivities>({
    taskQueue,
    startToCloseTimeout: '1 minute',
    heartbeatTimeout: '40 seconds',
    retry: { initialInterval: '100ms', maximumInterval: '1 second', maximumAttempts: 10 },
  })
  return (await answer('x'.repeat(sizeBytes))).length
}
