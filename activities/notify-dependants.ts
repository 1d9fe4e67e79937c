import { Temporal } from 'temporal-polyfill'
import type { ActivityPorts, Attempt } from './activity-ports.ts'
import type { LoadConditions, UpstreamLoaded } from './load-input.ts'
import { namePartition } from './partition/name-partition.ts'
import type { Interval, PipelineDefinition, ScheduleDefinition } from './pipeline-definition.ts'
import { slicesWithin } from './schedule/slices-of-tick.ts'

export interface NotifyDependantsInput extends UpstreamLoaded {
  readonly interval: Interval
  /** RFC 3339: when the load that tells was asked for. */
  readonly requestedAt: string
  /** The pipelines that come after it, and after these. */
  readonly downstream: readonly PipelineDefinition[]
  /** Ids of graphs. */
  readonly graphs: readonly string[]
}

export interface NotifiedDependants {
  readonly told: readonly string[]
  /** Those whose slice of that name is another stretch of time: it is not theirs that was loaded. */
  readonly untold: readonly string[]
}

/**
 * Tells each pipeline that comes directly after a load how that ended, starting its load where none runs,
 * and the graphs that the load is part of. To be told twice does no harm.
 */
export async function notifyDependants(
  { starter }: Pick<ActivityPorts, 'starter'>,
  input: NotifyDependantsInput,
  { signal, scheduledAt = new Date(input.requestedAt) }: Attempt,
): Promise<NotifiedDependants> {
  const { pipeline, partition, outcome, interval, requestedAt, downstream, graphs } = input
  const loaded = { pipeline, partition, outcome }
  const told: string[] = []
  const untold: string[] = []
  for (const definition of downstream) {
    const { name, after = [], schedule } = definition
    if (!after.some((upstream) => upstream.pipeline === pipeline)) continue
    signal.throwIfAborted()
    if (!isSameSlice(schedule?.timezone, partition, interval)) {
      untold.push(name)
      continue
    }
    const waitsFor = { upstreams: after, ...waitingForSchedule(schedule, input, scheduledAt) }
    await starter.signalLoad(
      {
        definition,
        partition,
        interval,
        requestedAt,
        refetch: false,
        inOrder: true,
        waitsFor,
        downstream,
      },
      { name: 'upstreamLoaded', loaded },
    )
    told.push(name)
  }
  for (const graph of graphs) {
    signal.throwIfAborted()
    await starter.signalGraph(graph, loaded)
    told.push(graph)
  }
  return { told, untold }
}

/** Ticks look after a slice for as long as the catchup, and the last of them may take a day. */
const longestTickMs = 86_400_000

/**
 * Whether the schedule's own time for the slice is still to come, and how long that is waited for at
 * most: the schedule may be paused, or not applied. What is past, or no slice of the schedule at all,
 * would be waited for in vain.
 */
function waitingForSchedule(
  schedule: ScheduleDefinition | undefined,
  { partition, interval }: NotifyDependantsInput,
  now: Date,
): Pick<LoadConditions, 'schedule' | 'scheduleTimeoutMs'> {
  if (schedule === undefined) return { schedule: false }
  const slice = slicesWithin(schedule, interval).find(({ name }) => name === partition)
  if (slice === undefined) return { schedule: false }
  const untilDueMs = Date.parse(slice.dueAt) - now.getTime()
  if (untilDueMs <= 0) return { schedule: false }
  return { schedule: true, scheduleTimeoutMs: untilDueMs + schedule.catchupMs + longestTickMs }
}

/** Whether the name stands for the same stretch of time by the clock of the pipeline that is told. */
function isSameSlice(
  timezone: string | undefined,
  partition: string,
  { start, end }: Interval,
): boolean {
  // Hours are UTC by every clock, and a pipeline without a clock takes what it is given.
  if (timezone === undefined || partition.includes('T')) return true
  const clockMs = (time: string): number => {
    const zoned = Temporal.Instant.from(time).toZonedDateTimeISO(timezone)
    return Date.parse(`${zoned.toPlainDateTime().toString()}Z`)
  }
  const own = namePartition({ startMs: clockMs(start), endMs: clockMs(end) }, timezone)
  return own.name === partition
}
