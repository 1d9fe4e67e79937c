import type { ScheduleReading } from '../../client/schedule-status.ts'
import type { PipelineStatus } from '../../targets/postgres/pipeline-status.ts'
import { known, type Known } from '../page/known.ts'
import type { PageServices } from '../page/page-services.ts'
import type { Metric } from './exposition.ts'
import type { ParquetReadings } from './read-parquet-targets.ts'

/** How a pipeline stands with its target; a null is not known, or there is nothing yet. */
type Standing = Omit<PipelineStatus, 'runsRunning' | 'runsFailed'> & {
  readonly runsRunning: number | null
  readonly runsFailed: number | null
}

/**
 * How pipelines and schedules stand, looked up when they are asked for. What cannot be looked up is left
 * out, and `claimcheck_server_up` says so: an alert on what is missing needs no guess.
 */
export async function pipelineMetrics(services: PageServices, now: Date): Promise<Metric[]> {
  const { database } = services
  const [statuses, readings, parquet] = await Promise.all([
    database && known(() => database.pipelineStatus()),
    known(() => services.scheduleReadings()),
    services.parquetReadings(),
  ])
  const servers = new Map<string, boolean>()
  const note = (server: string, { kind }: Pick<Known<unknown>, 'kind'>): void => {
    servers.set(server, kind === 'known' && servers.get(server) !== false)
  }
  if (statuses !== undefined) note('database', statuses)
  note('temporal', readings)
  note('temporal', parquet.runs)
  for (const { place, status } of parquet.targets) note(place, status)
  const samples = [...servers].map(([server, isUp]) => ({
    labels: { server },
    value: Number(isUp),
  }))
  const standings = [
    ...(statuses?.kind === 'known' ? statuses.value : []),
    ...parquetStandings(parquet),
  ]
  return [
    { name: 'claimcheck_server_up', help: 'Whether a server could be asked', samples },
    ...ofPipelines(standings, now),
    ...(readings.kind === 'known' ? ofSchedules(readings.value) : []),
  ]
}

/** Of each target that has told something. */
function parquetStandings({ targets, runs }: ParquetReadings): Standing[] {
  const counts = runs.kind === 'known' ? runs.value : undefined
  return targets.flatMap(({ pipeline, place, status }) => {
    if (status.kind === 'unknown' || status.value === undefined) return []
    const { running = null, failed = null } = counts?.get(pipeline) ?? {}
    const runsOf = { runsRunning: running, runsFailed: failed }
    return [{ pipeline, target: place, ...status.value, ...runsOf }]
  })
}

function ofPipelines(standings: readonly Standing[], now: Date): Metric[] {
  const metric = (
    name: string,
    help: string,
    valueOf: (status: Standing) => number | null,
  ): Metric => ({
    name: `claimcheck_pipeline_${name}`,
    help,
    samples: standings.flatMap((status) => {
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
