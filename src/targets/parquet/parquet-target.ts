import type { DuckDb } from '../../../activities/conversion/duck-db.ts'
import type { LoadTarget } from '../../../activities/load-target.ts'
import { isOwnKey } from '../../../activities/own-folders.ts'
import type { ParquetTargetDefinition } from '../../../activities/pipeline-definition.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { S3Connections, type OwnStore } from '../../sources/files/s3-connections.ts'
import type { HostList } from '../../sources/host-list.ts'
import type { Environment } from '../../sources/resolve-references.ts'
import { SourceHosts } from '../../sources/source-hosts.ts'
import { targetPlace } from '../../pipeline/target-place.ts'
import { checkBucket } from './check-bucket.ts'
import { checkColumns } from './check-columns.ts'
import { checkSlices } from './check-slices.ts'
import { findCoveredSlices } from './covered-slices.ts'
import { discardLoad } from './discard-load.ts'
import type { IntentTimes } from './load-intents.ts'
import { isPublished } from './load-record.ts'
import type { TargetRequest } from './parquet-requests.ts'
import { publishLoad } from './publish-load.ts'
import { stagePart } from './stage-part.ts'
import { TargetBucket } from './target-bucket.ts'
import { toTargetError } from './to-target-error.ts'

export interface ParquetTargetOptions {
  /** The store of targets that name none, and the bucket that the pipelines' own objects are in. */
  readonly store: OwnStore
  readonly duckDb: DuckDb
  /** Where `${NAME}` references are looked up. */
  readonly environment: Environment
  /** The only hosts of stores that may be asked. @default those that pipelines name */
  readonly allowedHosts?: HostList | undefined
  /** The first pause between tries. @default 250 */
  readonly firstDelayMs?: number
  /** How long a load may take from saying that it switches a manifest to doing so. @default a minute */
  readonly intentTimes?: IntentTimes
}

/** Loads datasets as Parquet files beneath a prefix of an S3 store, each switched to by a manifest. */
export function createParquetTarget(
  options: ParquetTargetOptions,
): LoadTarget<ParquetTargetDefinition> {
  const { store, duckDb, environment, allowedHosts, firstDelayMs = 250 } = options
  const hosts = new SourceHosts(allowedHosts)
  const connections = new S3Connections({ own: store, environment, hosts, firstDelayMs })

  async function within<T>(
    { target, signal }: TargetRequest,
    work: (bucket: TargetBucket) => Promise<T>,
  ): Promise<T> {
    try {
      const context = connections.context(target.s3, target.bucket)
      return await work(new TargetBucket(context, signal))
    } catch (error) {
      signal.throwIfAborted()
      throw toTargetError(error, target)
    }
  }

  return {
    check: (request) =>
      within(request, async (bucket) => {
        checkPrefix(request.target, store.bucket)
        checkColumns(request)
        await checkBucket(bucket, request)
        await checkSlices(bucket, request)
      }),
    stagePart: (request) => within(request, (bucket) => stagePart(bucket, duckDb, request)),
    publish: (request) =>
      within(request, (bucket) => publishLoad(bucket, request, options.intentTimes)),
    isPublished: (request) => within(request, (bucket) => isPublished(bucket, request)),
    coveredSlices: (request) => within(request, (bucket) => findCoveredSlices(bucket, request)),
    /** The pipeline file allows no mark. */
    highWaterMark: () => Promise.resolve(undefined),
    /** Each file has its own schema, and what the source brings is found anew. */
    evolvedColumns: () => Promise.resolve([]),
    discard: (request) => within(request, (bucket) => discardLoad(bucket, request)),
    close() {
      connections.close()
      return Promise.resolve()
    },
  }
}

function checkPrefix(target: ParquetTargetDefinition, ownBucket: string): void {
  const isOwn = target.s3 === undefined && target.bucket === ownBucket
  if (!isOwn || !isOwnKey(target.prefix)) return
  throw new PipelineError('TARGET_NOT_WRITABLE', 'the prefix is one of the pipelines themselves', {
    at: { path: targetPlace(target) },
    remedy: 'Choose another prefix or another bucket.',
  })
}
