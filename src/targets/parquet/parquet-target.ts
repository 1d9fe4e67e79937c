import type { DuckDb } from '../../../activities/conversion/duck-db.ts'
import type { LoadTarget } from '../../../activities/load-target.ts'
import { isOwnKey } from '../../../activities/own-folders.ts'
import type { ParquetTargetDefinition } from '../../../activities/pipeline-definition.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { targetPlace } from '../../pipeline/target-place.ts'
import { checkBucket } from './check-bucket.ts'
import { checkColumns } from './check-columns.ts'
import { checkSlices } from './check-slices.ts'
import { findCoveredSlices } from './covered-slices.ts'
import { discardLoad } from './discard-load.ts'
import type { IntentTimes } from './load-intents.ts'
import { isPublished } from './load-record.ts'
import { openTargetBuckets, type TargetBucketsOptions } from './open-target-buckets.ts'
import { publishLoad } from './publish-load.ts'
import { stagePart } from './stage-part.ts'

/** The pipelines' own objects are in the bucket of `store`. */
export interface ParquetTargetOptions extends TargetBucketsOptions {
  readonly duckDb: DuckDb
  /** How long a load may take from saying that it switches a manifest to doing so. @default a minute */
  readonly intentTimes?: IntentTimes
}

/** Loads datasets as Parquet files beneath a prefix of an S3 store, each switched to by a manifest. */
export function createParquetTarget(
  options: ParquetTargetOptions,
): LoadTarget<ParquetTargetDefinition> {
  const { store, duckDb } = options
  const buckets = openTargetBuckets(options)
  const { within } = buckets
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
      buckets.close()
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
