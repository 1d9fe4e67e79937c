import { Temporal } from 'temporal-polyfill'
import type { ActivityPorts, Attempt } from './activity-ports.ts'
import type { UpstreamLoaded } from './load-input.ts'
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
  { signal }: Attempt,
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
    const waitsFor = {
      upstreams: after,
      schedule: schedule !== undefined && isStillToFire(schedule, input),
    }
    await starter.signalLoad(
      { definition, partition, interval, requestedAt, refetch: false, waitsFor, downstream },
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

/**
 * Whether the schedule's own time for the slice was still to come when the load that tells was asked
 * for. What is past, or no slice of the schedule at all, would be waited for in vain.
 */
function isStillToFire(
  schedule: ScheduleDefinition,
  { partition, interval, requestedAt }: NotifyDependantsInput,
): boolean {
  const slice = slicesWithin(schedule, interval).find(({ name }) => name === partition)
  return slice !== undefined && Date.parse(slice.dueAt) > Date.parse(requestedAt)
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
