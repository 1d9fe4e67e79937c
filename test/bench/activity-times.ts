import type { Client } from '@temporalio/client'
import type { OurLoad } from './our-load.ts'

export interface ActivityTimes {
  readonly count: number
  /** Of all attempts together, from the start on a worker to the end. */
  readonly busySeconds: number
  /** Waiting for a worker, all together. */
  readonly queuedSeconds: number
  /** Since the start of the load. */
  readonly firstStart: number
  readonly lastEnd: number
}

/** When the activities of a load ran, by the events of its histories. */
export async function activityTimes(
  client: Client,
  { workflowId, runIds }: OurLoad,
): Promise<Record<string, ActivityTimes>> {
  const times: Record<string, ActivityTimes> = {}
  let origin: number | undefined
  for (const runId of runIds) {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory()
    const scheduled = new Map<string, { name: string; at: number }>()
    const started = new Map<string, number>()
    for (const event of events ?? []) {
      const at = secondsOf(event.eventTime)
      origin ??= at
      const id = String(event.eventId)
      const { activityTaskScheduledEventAttributes: schedule } = event
      const { activityTaskStartedEventAttributes: start } = event
      const { activityTaskCompletedEventAttributes: end } = event
      if (schedule) scheduled.set(id, { name: schedule.activityType?.name ?? '', at })
      if (start) started.set(String(start.scheduledEventId), at)
      if (!end) continue
      const began = scheduled.get(String(end.scheduledEventId))
      const startedAt = started.get(String(end.scheduledEventId))
      if (began === undefined || startedAt === undefined) continue
      const before = times[began.name]
      times[began.name] = {
        count: (before?.count ?? 0) + 1,
        busySeconds: rounded((before?.busySeconds ?? 0) + at - startedAt),
        queuedSeconds: rounded((before?.queuedSeconds ?? 0) + startedAt - began.at),
        firstStart: before?.firstStart ?? rounded(startedAt - origin),
        lastEnd: rounded(at - origin),
      }
    }
  }
  return times
}

function secondsOf(time: { seconds?: unknown; nanos?: number | null } | null | undefined): number {
  return Number(time?.seconds ?? 0) + (time?.nanos ?? 0) / 1e9
}

function rounded(seconds: number): number {
  return Math.round(seconds * 100) / 100
}
