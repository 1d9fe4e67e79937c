import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { ParquetTargetDefinition } from '../../../activities/pipeline-definition.ts'
import { withDeadline } from '../../../codec/deadline.ts'
import { ordered } from '../../../codec/ordered.ts'
import { countLoads, type RunCounts } from '../../client/count-loads.ts'
import { listPipelines } from '../../pipeline/list-pipelines.ts'
import { targetPlace } from '../../pipeline/target-place.ts'
import type { TargetBuckets } from '../../targets/parquet/open-target-buckets.ts'
import {
  findPublishedStatus,
  type PublishedStatus,
} from '../../targets/parquet/published-status.ts'
import type { ApiServices } from '../api/api-services.ts'
import { known, type Known } from '../page/known.ts'

/** Of the stores, and then of Temporal: together less than the 10 seconds that Prometheus waits. */
const timeLimitMs = 4_000

const countedAtOnce = 8

/** How the pipelines stand that load into Parquet files, of which the catalog has nothing. */
export interface ParquetReadings {
  readonly targets: readonly TargetReading[]
  /** Of those whose target could be asked, by pipeline. */
  readonly runs: Known<ReadonlyMap<string, RunCounts>>
}

export interface TargetReading {
  readonly pipeline: string
  /** Where its target is, for people to read. */
  readonly place: string
  /** Undefined where the target was asked, and it cannot be told. */
  readonly status: Known<PublishedStatus | undefined>
}

/**
 * Asks the targets of all pipeline files, and Temporal for the runs since each was loaded. All are asked at
 * once and for a short time, so that none that is away takes away what the others tell.
 */
export async function readParquetTargets(
  { client: connect, directories, signal }: Pick<ApiServices, 'client' | 'directories' | 'signal'>,
  buckets: Pick<TargetBuckets, 'within'>,
): Promise<ParquetReadings> {
  const targets = await Promise.all(
    (await listPipelines(directories)).flatMap((listed) => {
      const target = listed.kind === 'valid' ? listed.definition.target : undefined
      return target?.kind === 'parquet' ? [readTarget(listed.name, target)] : []
    }),
  )
  const told = targets.flatMap(({ pipeline, status }) =>
    status.kind === 'known' && status.value !== undefined
      ? [{ pipeline, failedSince: status.value.publishedAt }]
      : [],
  )
  return { targets, runs: await known(() => countAll()) }

  async function readTarget(
    pipeline: string,
    target: ParquetTargetDefinition,
  ): Promise<TargetReading> {
    const onTimeout = (): PipelineError => tooSlow(target)
    const status = await known(() =>
      withDeadline({ timeoutMs: timeLimitMs, signal, onTimeout }, (within) =>
        buckets.within({ target, signal: within }, (bucket) =>
          findPublishedStatus(bucket, { target, pipeline }),
        ),
      ),
    )
    return { pipeline, place: targetPlace(target), status }
  }

  async function countAll(): Promise<ReadonlyMap<string, RunCounts>> {
    if (told.length === 0) return new Map()
    const client = await connect()
    return client.withDeadline(Date.now() + timeLimitMs, async () => {
      const counts = ordered(told, countedAtOnce, async (request) => {
        return [request.pipeline, await countLoads(client, request)] as const
      })
      return new Map(await Array.fromAsync(counts))
    })
  }
}

function tooSlow(target: ParquetTargetDefinition): PipelineError {
  return new PipelineError('TARGET_UNREACHABLE', 'the store did not answer in time', {
    at: { path: targetPlace(target) },
    remedy: 'Check that the store is up and that its endpoint is right.',
    retryable: true,
  })
}
