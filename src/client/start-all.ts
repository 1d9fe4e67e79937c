import type { Client } from '@temporalio/client'
import { CodedError } from '../../codec/index.ts'
import { listPipelines } from '../pipeline/list-pipelines.ts'
import { parsePartition } from '../pipeline/partition.ts'
import { planDownstream } from './plan-downstream.ts'
import type { StartedRun } from './start-call.ts'
import { startLoadSince } from './start-load-since.ts'

export interface StartAllRequest {
  /** Where pipelines are found. */
  readonly directories: readonly string[]
  readonly partition: string
  readonly requestedAt: Date
  readonly taskQueue: string
}

interface Refused {
  readonly pipeline: string
  readonly code: string
  readonly message: string
  readonly remedy: string
}

export interface StartedAll {
  readonly runs: StartedRun[]
  /** Pipelines whose files cannot be used: they do not keep the others from being loaded. */
  readonly refused: Refused[]
}

/**
 * Starts the load of a partition of every pipeline, or joins those that run. One that comes after others
 * waits for them.
 *
 * @param since As of `startLoadSince`.
 * @throws CommandError PARTITION_INVALID
 */
export async function startAll(
  client: Client,
  { directories, ...request }: StartAllRequest,
  since: Date | undefined,
): Promise<StartedAll> {
  parsePartition(request.partition)
  const runs: StartedRun[] = []
  const refused: Refused[] = []
  const all = await listPipelines(directories)
  for (const listed of all) {
    const { name: pipeline } = listed
    try {
      if (listed.kind === 'invalid') throw listed.error
      const { definition } = listed
      const downstream = planDownstream(pipeline, all)
      const load = { ...request, definition, downstream, waitForUpstreams: true }
      runs.push(await startLoadSince(client, load, since))
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      const { code, message, remedy } = error
      refused.push({ pipeline, code, message, remedy })
    }
  }
  return { runs, refused }
}
