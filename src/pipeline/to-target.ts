import type { TargetDefinition } from '../../activities/pipeline-definition.ts'
import type { PipelineFile } from './pipeline-schema.ts'
import { toS3Access } from './s3-access-schema.ts'

/** The target of a definition; what is not in the file is not in it either. */
export function toTarget(target: PipelineFile['target']): TargetDefinition {
  const { allow_empty: allowEmpty } = target
  const empty = allowEmpty === undefined ? {} : { allowEmpty }
  if (target.kind === 'parquet') {
    const { path, partition_by: partitionBy, s3 } = target
    return {
      kind: target.kind,
      ...path,
      mode: target.mode,
      ...(partitionBy === undefined ? {} : { partitionBy }),
      ...empty,
      ...(s3 === undefined ? {} : { s3: toS3Access(s3) }),
    }
  }
  const { table, order_by: orderBy, on_missing: onMissing, lineage } = target
  const { interval_column: intervalColumn } = target
  return {
    kind: target.kind,
    ...table,
    mode: target.mode,
    ...(orderBy === undefined ? {} : { orderBy }),
    ...(onMissing === undefined ? {} : { onMissing }),
    ...(intervalColumn === undefined ? {} : { intervalColumn }),
    ...empty,
    ...(lineage === undefined ? {} : { lineage }),
  }
}
