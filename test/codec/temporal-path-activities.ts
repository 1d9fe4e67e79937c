import { ApplicationFailure, Context } from '@temporalio/activity'

/** `heartbeatSeen` returns once the server has the details of this run's activity. */
export function createPathActivities(heartbeatSeen: (workflowId: string) => Promise<unknown>) {
  const attempts: number[] = []
  return {
    attempts,
    activities: {
      async echo(text: string): Promise<string> {
        return text
      },
      async failWith(text: string): Promise<void> {
        throw ApplicationFailure.nonRetryable('as told', 'TOLD', text)
      },
      /** The first attempt leaves a heartbeat behind and fails, the second gives its details back. */
      async resume(text: string): Promise<string> {
        const context = Context.current()
        const { attempt, workflowExecution, heartbeatDetails } = context.info
        attempts.push(attempt)
        if (attempt > 1) return String(heartbeatDetails)
        context.heartbeat(text)
        await heartbeatSeen(workflowExecution?.workflowId ?? '')
        context.cancellationSignal.throwIfAborted()
        throw new Error('half way')
      },
    },
  }
}

export type PathActivities = ReturnType<typeof createPathActivities>['activities']
