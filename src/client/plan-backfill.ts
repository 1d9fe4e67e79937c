import type { BackfillInput, BackfillOrder } from '../../activities/backfill/backfill-input.ts'
import type { PipelineDefinition } from '../../activities/pipeline-definition.ts'
import { firingOrder, isOrdered } from '../../activities/schedule/firing-order.ts'
import { CommandError } from '../command-error.ts'
import { readBackfillRange, type RangeRequest } from './backfill-range.ts'

export interface BackfillRequest extends RangeRequest {
  readonly definition: PipelineDefinition
  /** The pipelines that come after this one, as `planDownstream` finds them; told of each load's end. */
  readonly downstream: readonly PipelineDefinition[]
  /** @default 'oldest-first' */
  readonly order?: BackfillOrder | undefined
  /** How many are loaded side by side. @default 4, or 1 where one has to come after the other */
  readonly concurrency?: number | undefined
  /** Whether partitions that are loaded are loaded again. @default false */
  readonly again?: boolean | undefined
  /** @default 'continue', or 'stop' where one that failed would be lacking for ever */
  readonly onFailure?: 'continue' | 'stop' | undefined
  /** Whether each load waits for the pipelines of `after` first. @default false */
  readonly waitForUpstreams?: boolean | undefined
  readonly taskQueue: string
}

export interface PlannedBackfill {
  readonly workflowId: string
  readonly input: BackfillInput
}

/** As of `setConcurrency`. */
export const mostConcurrency = 64

const usualConcurrency = 4

/**
 * What a backfill is to be told, and its static id. Nothing is asked of a server.
 *
 * @throws CommandError PARTITION_INVALID, BACKFILL_INVALID where the pipeline's mode refuses what is asked
 */
export function planBackfill(request: BackfillRequest): PlannedBackfill {
  const { definition, downstream, order = 'oldest-first', requestedAt } = request
  const { again = false, waitForUpstreams = false } = request
  const { range, name, planned } = readBackfillRange(request)
  const refusal = refusalOf(request)
  if (refusal !== undefined) {
    const [complaint, remedy] = refusal
    throw new CommandError('BACKFILL_INVALID', complaint, {
      at: { pipeline: definition.name },
      remedy,
    })
  }
  const { strict } = firingOrder(definition)
  // Those that come after would overtake each other.
  const oneByOne = [definition, ...downstream].some((pipeline) => isOrdered(pipeline))
  const { concurrency = oneByOne ? 1 : usualConcurrency } = request
  const { onFailure = strict ? 'stop' : 'continue' } = request
  return {
    workflowId: `backfill/${definition.name}/${name}`,
    input: {
      definition,
      downstream,
      range,
      planned,
      order,
      again,
      onFailure,
      waitForUpstreams,
      concurrency,
      mostInFlight: oneByOne ? 1 : mostConcurrency,
      requestedAt: requestedAt.toISOString(),
    },
  }
}

/** What the pipeline's mode has against it, and what to do; nothing where it is good. */
function refusalOf({
  definition,
  downstream,
  order,
  concurrency = 1,
  again = false,
  onFailure,
}: BackfillRequest): readonly [complaint: string, remedy: string] | undefined {
  const { strict } = firingOrder(definition)
  const { mode } = definition.target
  const kind = definition.incremental === undefined ? mode : `incremental ${mode}`
  const apart = 'only slices of append and replace-interval, without incremental, are apart'
  const first = [definition, ...downstream].find((pipeline) => isOrdered(pipeline))
  const who =
    first === undefined || first === definition
      ? kind
      : `${first.name} (${first.target.mode}), which comes after it,`
  if (first !== undefined && order === 'newest-first') {
    return [
      `${who} loads one slice after the other, and newest first the past would be what remains`,
      `Load oldest first: ${apart}.`,
    ]
  }
  if (first !== undefined && concurrency > 1) {
    return [
      `${who} loads one slice after the other, and not ${concurrency} at once`,
      `Leave the concurrency out: ${apart}.`,
    ]
  }
  if (strict && onFailure === 'continue') {
    return [
      `${kind} takes no slice that comes before another one: the first that fails stops it`,
      'Let it stop, and start it again when that is put right.',
    ]
  }
  if (again && (mode === 'history' || kind === 'append')) {
    return [
      `${kind} refuses a slice that is loaded`,
      'Leave again out: only in other modes a slice takes its own place.',
    ]
  }
  return undefined
}
