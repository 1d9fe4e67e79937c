import type { Client } from '@temporalio/client'
import type { Payload } from '@temporalio/common'
import type { temporal } from '@temporalio/proto'

type History = temporal.api.history.v1.IHistory

/** The history of each run of a chain, from its first on, as the server keeps it: nothing decoded. */
export async function chainOfHistories(
  client: Client,
  workflowId: string,
  firstRunId: string,
): Promise<History[]> {
  const histories: History[] = []
  let runId: string | undefined | null = firstRunId
  while (runId) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory()
    histories.push(history)
    const last: temporal.api.history.v1.IHistoryEvent | undefined = history.events?.at(-1)
    runId = last?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId
  }
  return histories
}

/** The attempt at which each activity of a type was finished, in the order they were scheduled. */
export function attemptsOf(histories: readonly History[], activityType: string): number[] {
  return histories.flatMap(({ events }) => {
    const attempts = new Map<string, number>()
    for (const event of events ?? []) {
      const scheduled = event.activityTaskScheduledEventAttributes
      if (scheduled?.activityType?.name === activityType) attempts.set(String(event.eventId), 0)
      const started = event.activityTaskStartedEventAttributes
      const scheduledId = String(started?.scheduledEventId)
      if (started && attempts.has(scheduledId)) attempts.set(scheduledId, started.attempt ?? 1)
    }
    return [...attempts.values()]
  })
}

/** What each activity that was tried again had failed of, the last time: the server's own word. */
export function failedAttempts(histories: readonly History[]): string[] {
  return histories.flatMap(({ events }) =>
    (events ?? []).flatMap(
      (event) => event.activityTaskStartedEventAttributes?.lastFailure?.message ?? [],
    ),
  )
}

/** Each payload anywhere in a history, those of failures and headers included. */
export function payloadsOf(history: unknown): Payload[] {
  if (typeof history !== 'object' || history === null) return []
  if (history instanceof Uint8Array) return []
  const inside = Object.values(history).flatMap((value) => payloadsOf(value))
  return isPayload(history) ? [history, ...inside] : inside
}

function isPayload(value: object): value is Payload {
  return 'data' in value && value.data instanceof Uint8Array && 'metadata' in value
}

/** All text of a history, payloads included: to look for what must not be there. */
export function historyText(history: unknown): string {
  if (history instanceof Uint8Array) return Buffer.from(history).toString('latin1')
  if (typeof history === 'string') return history
  if (typeof history !== 'object' || history === null) return ''
  return Object.values(history)
    .map((value) => historyText(value))
    .join('\n')
}
