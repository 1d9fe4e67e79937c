import type { ScheduleReading } from '../../client/schedule-status.ts'
import type { PipelineStatus } from '../../targets/postgres/pipeline-status.ts'
import { known } from '../page/known.ts'
import type { PageServices } from '../page/page-services.ts'
import type { Metric } from './exposition.ts'

/**
 * How pipelines and schedules stand, looked up when they are asked for. What cannot be looked up is left
 * out, and `claimcheck_server_up` says so: an alert on what is missing needs no guess.
 */
export async function pipelineMetrics(services: PageServices, now: Date): Promise<Metric[]> {
  const { database } = services
  const [statuses, readings] = await Promise.all([
    database && known(() => database.pipelineStatus()),
    known(() => services.scheduleReadings()),
  ])
  const servers = [
    ...(statuses === undefined ? [] : [{ server: 'database', is: statuses.kind }]),
    { server: 'temporal', is: readings.kind },
  ]
  const samples = servers.map(({ server, is }) => {
    return { labels: { server }, value: is === 'known' ? 1 : 0 }
  })
  return [
    { name: 'claimcheck_server_up', help: 'Whether a server could be asked', samples },
    ...(statuses?.kind === 'known' ? ofCatalog(statuses.value, now) : []),
    ...(readings.kind === 'known' ? ofSchedules(readings.value) : []),
  ]
}

function ofCatalog(statuses: readonly PipelineStatus[], now: Date): Metric[] {
  const metric = (
    name: string,
    help: string,
    valueOf: (status: PipelineStatus) => number | null,
  ): Metric => ({
    name: `claimcheck_pipeline_${name}`,
    help,
    samples: statuses.flatMap((status) => {
      const { pipeline, target } = status
      const value = valueOf(status)
      return value === null ? [] : [{ labels: { pipeline, target }, value }]
    }),
  })
  const seconds = (time: Date | null): number | null => time && time.getTime() / 1000
  return [
    metric('published_timestamp_seconds', 'When a load was published last', ({ publishedAt }) =>
      seconds(publishedAt),
    ),
    metric('lag_seconds', 'Time since the end of the newest slice that was loaded', (status) =>
      status.intervalEnd === null ? null : (now.getTime() - status.intervalEnd.getTime()) / 1000,
    ),
    metric('rows', 'Rows of the last load', ({ rows }) => rows),
    metric('rows_rejected', 'Records that the last load set aside', ({ rowsRejected }) => {
      return rowsRejected
    }),
    metric('fields_missing', 'Declared fields that no record of the last load had', (status) => {
      return status.fieldsMissing
    }),
    metric(
      'runs_running',
      'Runs that have begun, and have not told how they ended',
      ({ runsRunning }) => runsRunning,
    ),
    metric('runs_failed', 'Runs that failed since the last load', ({ runsFailed }) => runsFailed),
  ]
}

function ofSchedules(readings: readonly ScheduleReading[]): Metric[] {
  const metric = (
    name: string,
    help: string,
    valueOf: (reading: ScheduleReading) => number | null,
  ): Metric => ({
    name: `claimcheck_schedule_${name}`,
    help,
    samples: readings.flatMap((reading) => {
      const pipeline = reading.kind === 'read' ? reading.status.pipeline : reading.pipeline
      const value = valueOf(reading)
      return value === null ? [] : [{ labels: { pipeline }, value }]
    }),
  })
  const counted = (
    reading: ScheduleReading,
    is: (state: { isOverdue: boolean; state: string }) => boolean,
  ) => (reading.kind === 'read' ? reading.status.missed.filter(is).length : null)
  return [
    metric('readable', 'Whether the schedule could be read', ({ kind }) =>
      kind === 'read' ? 1 : 0,
    ),
    metric('paused', 'Whether the schedule is paused', (reading) =>
      reading.kind === 'read' ? Number(reading.status.paused) : null,
    ),
    metric(
      'overdue_slices',
      'Slices that are due, and neither loaded nor on their way',
      (reading) => counted(reading, ({ isOverdue }) => isOverdue),
    ),
    metric('missing_slices', 'Slices older than the catchup, which no tick takes', (reading) =>
      counted(reading, ({ state }) => state === 'missing'),
    ),
  ]
}
