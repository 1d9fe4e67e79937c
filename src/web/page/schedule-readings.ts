import { listScheduleStatus, type ScheduleReading } from '../../client/schedule-status.ts'
import { listPipelines } from '../../pipeline/list-pipelines.ts'
import type { ApiServices } from '../api/api-services.ts'

/** Of hundreds of schedules, several at once. */
const timeoutMs = 60_000

/** How all schedules stand; nothing where no database is known that would say what was loaded. */
export async function readSchedules(services: ApiServices): Promise<readonly ScheduleReading[]> {
  const { coverage, directories, schedules, signal, taskQueue } = services
  const client = await services.client()
  if (coverage === undefined) return []
  const known = (await listPipelines(directories)).map(({ name }) => name)
  const request = { client, coverage, now: new Date(), signal, taskQueue, known }
  return client.withDeadline(Date.now() + timeoutMs, () =>
    listScheduleStatus(schedules(client), request),
  )
}
