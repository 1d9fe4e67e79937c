import type { Client } from '@temporalio/client'
import { sliceInTurn, type BackfillInput } from '../../activities/backfill/backfill-input.ts'
import type { LoadTarget } from '../../activities/index.ts'
import { partitionWorkflowId } from '../../workflows/partition-workflow-id.ts'
import { runningLoads } from './running-loads.ts'

export interface PlannedPartition {
  readonly partition: string
  /** What a backfill that began now would do: load it, leave it as it is, or wait for who loads it. */
  readonly state: 'load' | 'loaded' | 'running'
}

export interface ListRequest {
  readonly client: Client
  readonly coverage: Pick<LoadTarget, 'coveredSlices'>
  readonly signal: AbortSignal
}

/** What a backfill would do, in the order of the partitions' turns. Nothing is started. */
export async function listBackfill(
  backfill: BackfillInput,
  { client, coverage, signal }: ListRequest,
): Promise<PlannedPartition[]> {
  const { definition, range, again } = backfill
  const { name: pipeline, target, columns } = definition
  const slices = Array.from({ length: range.count }, (_, position) =>
    sliceInTurn(backfill, position),
  ).flatMap((slice) => slice ?? [])
  const request = { target, columns, pipeline, slices, signal }
  const covered = again ? new Set<string>() : await coverage.coveredSlices(request)
  const running = await runningLoads(client, pipeline)
  return slices.map(({ name }) => {
    if (covered.has(name)) return { partition: name, state: 'loaded' }
    const isRunning = running.has(partitionWorkflowId(pipeline, name))
    return { partition: name, state: isRunning ? 'running' : 'load' }
  })
}
