import type { LoadTarget } from '../../../activities/load-target.ts'
import type { ParquetTargetDefinition } from '../../../activities/pipeline-definition.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'

/** Loads datasets as Parquet files beneath a prefix of an S3 store. */
export function createParquetTarget(): LoadTarget<ParquetTargetDefinition> {
  const refuse = (): Promise<never> =>
    Promise.reject(
      new PipelineError('TARGET_FAILED', 'Parquet targets cannot be loaded into yet', {
        remedy: 'Load into PostgreSQL.',
      }),
    )
  return {
    check: refuse,
    stagePart: refuse,
    publish: refuse,
    isPublished: refuse,
    highWaterMark: refuse,
    evolvedColumns: refuse,
    discard: refuse,
    close: () => Promise.resolve(),
  }
}
