import type { ObjectKey } from '../../../codec/index.ts'
import type { DatasetId } from '../../../activities/load-target.ts'
import type { ParquetTargetDefinition } from '../../../activities/pipeline-definition.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'

/**
 * Names of the objects beneath a target's prefix. What begins with `_` is no data to Spark, Hive and
 * pyarrow. They do not depend on the attempt, so that a retry finds or overwrites and never doubles.
 */
type Prefix = Pick<ParquetTargetDefinition, 'prefix'>

/** The directory column that each file stands beneath: what it was loaded with. */
export const datasetColumn = 'dataset_id'

/** The manifest of `replace`, which has all rows there are. */
export const wholeName = 'current'

/** The files of one dataset, and of no other. */
export function dataFolder({ prefix }: Prefix, datasetId: DatasetId): string {
  return `${prefix}/data/${datasetColumn}=${checked(datasetId)}/`
}

/** @param directory With a slash at its end, or empty. */
export function dataKey(
  target: Prefix,
  datasetId: DatasetId,
  { directory, partNumber }: { readonly directory: string; readonly partNumber: number },
): ObjectKey {
  return toKey(`${dataFolder(target, datasetId)}${directory}${partName(partNumber)}.parquet`)
}

/** What says that parts of a dataset are there in full. */
export function stagedFolder({ prefix }: Prefix, datasetId: DatasetId): string {
  return `${prefix}/_staged/${checked(datasetId)}/`
}

export function stagedKey(target: Prefix, datasetId: DatasetId, partNumber: number): ObjectKey {
  return toKey(`${stagedFolder(target, datasetId)}${partName(partNumber)}.json`)
}

/** What is published: one manifest of all, or one for each slice. */
export function manifestsFolder({ prefix }: Prefix): string {
  return `${prefix}/_manifests/`
}

export function manifestKey(
  target: Pick<ParquetTargetDefinition, 'prefix' | 'mode'>,
  partition: string,
): ObjectKey {
  const name = target.mode === 'replace' ? wholeName : partition
  return toKey(`${manifestsFolder(target)}${name}.json`)
}

/** What `manifestKey` has made the key of: a partition, or `wholeName`. */
export function manifestName(target: Prefix, key: ObjectKey): string {
  return key.slice(manifestsFolder(target).length).replace(/\.json$/, '')
}

/** Loads whose manifest may be on its way. */
export function intentsFolder({ prefix }: Prefix): string {
  return `${prefix}/_publishing/`
}

export function intentKey(target: Prefix, datasetId: DatasetId): ObjectKey {
  return toKey(`${intentsFolder(target)}${checked(datasetId)}.json`)
}

/** What became of a load, for ever. */
export function recordKey({ prefix }: Prefix, datasetId: DatasetId): ObjectKey {
  return toKey(`${prefix}/_loads/${checked(datasetId)}.json`)
}

/** Written and removed to see whether that can be done. */
export function probeKey({ prefix }: Prefix, datasetId: DatasetId): ObjectKey {
  return toKey(`${prefix}/_probes/${checked(datasetId)}`)
}

function partName(partNumber: number): string {
  return `part-${String(partNumber).padStart(5, '0')}`
}

/** What begins with such a name is deleted. */
function checked(datasetId: DatasetId): DatasetId {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(datasetId)) return datasetId
  throw new PipelineError('TARGET_FAILED', 'a dataset id is not a lower-case UUID', {
    remedy: 'This is a fault in Claimcheck: report it.',
  })
}

function toKey(text: string): ObjectKey {
  return text as ObjectKey
}
