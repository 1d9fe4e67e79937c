import type { TargetDefinition } from '../../activities/pipeline-definition.ts'

/** Where a target is, for people to read: a table or the address of a prefix. */
export function targetPlace(target: TargetDefinition): string {
  return target.kind === 'postgres'
    ? `${target.schema}.${target.table}`
    : `s3://${target.bucket}/${target.prefix}`
}
