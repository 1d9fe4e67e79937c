import type { ActivityPorts, Attempt } from '../activity-ports.ts'
import type { LoadInput } from '../load-input.ts'
import type { LoadStarter } from '../load-starter.ts'
import type { DueSlice } from '../partition/due-slices.ts'
import type { PipelineDefinition } from '../pipeline-definition.ts'
import { PipelineError } from '../pipeline-error.ts'
import { firingOrder, isOrdered } from './firing-order.ts'
import type { ScheduleTickInput } from './schedule-tick-input.ts'
import { slicesOfTick } from './slices-of-tick.ts'

export interface FireDueSlicesInput {
  readonly tick: ScheduleTickInput
  /** RFC 3339: when the tick should have come. */
  readonly nominal: string
  /** Slices that this tick has fired before. */
  readonly told: readonly string[]
  /**
   * Whether one is fired beside those that have been running for long: waiting for others, say.
   * @default false
   */
  readonly passesBy?: boolean | undefined
}

/** What became of slices by name; each list from the oldest on. */
export interface FiredSlices {
  readonly started: readonly string[]
  /** Were running or waiting, and were told that their time has come. */
  readonly joined: readonly string[]
  /** How many are in the target already. */
  readonly loaded: number
  /** Fired by this tick before, and now neither running nor loaded. */
  readonly failed: readonly string[]
  /** Loaded earlier, and now not in the target: their rows were taken away, or it is another one. */
  readonly refused: readonly string[]
  /** Slices whose turn comes when those before them have ended; the tick looks again. */
  readonly left: number
}

/**
 * Fires the slices that are due and not loaded, oldest first, as many as may be loaded side by side.
 * A load has a static id, so that one which runs already is told and never started beside itself.
 */
export async function fireDueSlices(
  ports: Pick<ActivityPorts, 'target' | 'starter'>,
  { tick, nominal, told, passesBy = false }: FireDueSlicesInput,
  { signal }: Attempt,
): Promise<FiredSlices> {
  const { definition } = tick
  const { name: pipeline, target, columns, schedule } = definition
  if (schedule === undefined) throw noSchedule(pipeline)
  const { starter } = ports
  const slices = slicesOfTick(schedule, tick, nominal)
  const request = { target, columns, pipeline, slices, signal }
  const covered = await ports.target.coveredSlices(request)
  const missing = slices.filter(({ name }) => !covered.has(name))
  const earlier = new Set(told)
  const toldNames = missing.map(({ name }) => name).filter((name) => earlier.has(name))
  const running = await starter.runningPartitions(pipeline, toldNames)
  const failed = toldNames.filter((name) => !running.has(name))
  const { inFlight, strict } = firingOrder(definition)
  const ordered = tick.downstream.filter((dependant) => isOrdered(dependant))
  const free =
    ordered.length === 0
      ? inFlight - running.size
      : (await goesOn(starter, [definition, ...ordered], told))
        ? 0
        : 1
  const room = Math.max(free, passesBy && !strict ? 1 : 0)
  const started: string[] = []
  const joined: string[] = []
  const refused: string[] = []
  const rest = missing.filter(({ name }) => !earlier.has(name))
  // What is held up is for the next tick, which begins with the one that failed.
  const isHeldUp = strict && failed.length > 0
  for (const slice of isHeldUp ? [] : rest) {
    if (started.length + joined.length >= room) break
    signal.throwIfAborted()
    const wasRunning = (await starter.runningPartitions(pipeline, [slice.name])).size > 0
    const outcome = await starter.signalLoad(loadOf(tick, slice, nominal), {
      name: 'fire',
      force: false,
    })
    const list = outcome === 'loaded-already' ? refused : wasRunning ? joined : started
    list.push(slice.name)
  }
  const left = isHeldUp ? 0 : rest.length - started.length - joined.length - refused.length
  return { started, joined, loaded: covered.size, failed, refused, left }
}

/**
 * Whether slices that were fired, or what comes after them, are still being loaded: those that come after
 * would overtake each other where this pipeline hurries on.
 */
async function goesOn(
  starter: LoadStarter,
  pipelines: readonly PipelineDefinition[],
  partitions: readonly string[],
): Promise<boolean> {
  for (const { name } of pipelines) {
    if ((await starter.runningPartitions(name, partitions)).size > 0) return true
  }
  return false
}

function loadOf(
  { definition, downstream }: ScheduleTickInput,
  { name, interval }: DueSlice,
  nominal: string,
): LoadInput {
  return {
    definition,
    partition: name,
    interval,
    requestedAt: nominal,
    refetch: false,
    inOrder: true,
    waitsFor: { upstreams: definition.after ?? [], schedule: true },
    downstream,
  }
}

function noSchedule(pipeline: string): PipelineError {
  return new PipelineError('UNEXPECTED_ERROR', 'a tick is of a pipeline that has no schedule', {
    at: { pipeline },
    remedy: 'Apply the pipeline file again with `claimcheck schedule apply`.',
  })
}
