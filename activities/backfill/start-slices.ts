import type { ActivityPorts, Attempt } from '../activity-ports.ts'
import type { LoadInput } from '../load-input.ts'
import type { Partition } from '../partition/name-partition.ts'
import { sliceInTurn, type BackfillInput } from './backfill-input.ts'
import type { BackfillPorts } from './slice-loads.ts'

export interface StartSlicesInput {
  readonly backfill: BackfillInput
  /** Id of its workflow, which each load tells of its end. */
  readonly workflowId: string
  /** Where the backfill stands: so many have been begun or skipped, or were left out by the clock. */
  readonly position: number
  /** So many may begin. */
  readonly most: number
}

export interface StartedSlices {
  /** Names of partitions, in the order of their turns. */
  readonly begun: readonly string[]
  /** Whether one of these ran already: such a load may tell nobody of its end. */
  readonly joined: boolean
  /** How many were loaded already. */
  readonly skipped: number
  /** Where the backfill stands now. */
  readonly position: number
  /** Whose turn is next; null behind the last one. */
  readonly next: string | null
}

/** So many are looked up at once; twice as many each time that nothing is found to load. */
const firstLook = 64
const longestLook = 4_096

/**
 * Begins the loads of partitions that are not in the target, by its own catalog, in the order of their
 * turns. A load that runs already is joined.
 *
 * Answers what it has begun also where the next one could not be begun: asked again, it says why.
 */
export async function startSlices(
  { target, sliceLoads }: Pick<ActivityPorts, 'target'> & BackfillPorts,
  { backfill, workflowId, position: first, most }: StartSlicesInput,
  { signal, scheduledAt }: Attempt,
): Promise<StartedSlices> {
  const { definition, range } = backfill
  const begun: string[] = []
  let [position, skipped, joined] = [first, 0, false]
  let look = firstLook
  try {
    while (begun.length < most && position < range.count) {
      signal.throwIfAborted()
      const turns = turnsFrom(backfill, position, look)
      const covered = backfill.again
        ? new Set<string>()
        : await target.coveredSlices({
            target: definition.target,
            columns: definition.columns,
            pipeline: definition.name,
            slices: turns.flatMap((slice) => slice ?? []),
            signal,
          })
      for (const slice of turns) {
        if (slice !== undefined && covered.has(slice.name)) skipped += 1
        else if (slice !== undefined) {
          if (begun.length === most) break
          signal.throwIfAborted()
          // What an attempt before this one has loaded, its target's record does not tell then.
          const since = backfill.again ? scheduledAt : undefined
          const how = await sliceLoads.begin(loadOf(backfill, slice, workflowId), since)
          joined ||= how === 'joined'
          begun.push(slice.name)
        }
        position += 1
      }
      look = Math.min(look * 2, longestLook)
    }
  } catch (error) {
    if (begun.length === 0 || signal.aborted) throw error
  }
  return { begun, joined, skipped, position, next: nextName(backfill, position) }
}

/** The name of the partition whose turn is next; null behind the last one. */
export function nextName(backfill: BackfillInput, position: number): string | null {
  for (let at = position; at < backfill.range.count; at += 1) {
    const slice = sliceInTurn(backfill, at)
    if (slice !== undefined) return slice.name
  }
  return null
}

function turnsFrom(
  backfill: BackfillInput,
  position: number,
  count: number,
): (Partition | undefined)[] {
  const length = Math.min(count, backfill.range.count - position)
  return Array.from({ length }, (_, ahead) => sliceInTurn(backfill, position + ahead))
}

function loadOf(
  { definition, downstream, requestedAt, waitForUpstreams }: BackfillInput,
  { name, interval }: Partition,
  workflowId: string,
): LoadInput {
  const { after = [] } = definition
  return {
    definition,
    partition: name,
    interval,
    requestedAt,
    refetch: false,
    ...(waitForUpstreams && after.length > 0
      ? { waitsFor: { upstreams: after, schedule: false } }
      : {}),
    ...(downstream.length > 0 ? { downstream } : {}),
    graphs: [workflowId],
  }
}
