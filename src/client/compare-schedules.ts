import { createHash } from 'node:crypto'
import type { PipelineDefinition } from '../../activities/index.ts'
import { CodedError } from '../../codec/coded-error.ts'
import type { ListedPipeline } from '../pipeline/list-pipelines.ts'
import { planDownstream } from './plan-downstream.ts'

/** Where pipeline files and schedules differ; names of pipelines. */
export interface ScheduleDifferences {
  readonly notApplied: readonly string[]
  /** The file, or one that comes after it, says something else than when it was applied. */
  readonly changed: readonly string[]
  /** They go on although no file has a schedule for them. */
  readonly withoutFile: readonly string[]
}

/** Compares what is applied with what the files say now. */
export function compareSchedules(
  files: readonly ListedPipeline[],
  applied: readonly { readonly pipeline: string; readonly digest: string }[],
): ScheduleDifferences {
  const digests = new Map(applied.map(({ pipeline, digest }) => [pipeline, digest]))
  const scheduled = files.filter(
    (file) => file.kind === 'valid' && file.definition.schedule !== undefined,
  )
  const known = new Set(files.filter(mayHaveSchedule).map(({ name }) => name))
  return {
    notApplied: scheduled.map(({ name }) => name).filter((name) => !digests.has(name)),
    changed: scheduled
      .filter(({ name }) => digests.has(name))
      .filter((file) => digestOfFile(file, files) !== digests.get(file.name))
      .map(({ name }) => name),
    withoutFile: [...digests.keys()].filter((name) => !known.has(name)),
  }
}

/** Names what a schedule is applied of: the same files have the same digest. */
export function scheduleDigest(
  definition: PipelineDefinition,
  downstream: readonly PipelineDefinition[],
): string {
  const text = JSON.stringify([definition, ...downstream], (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)),
        )
      : value,
  )
  return createHash('sha256').update(text).digest('hex')
}

/** What a broken file has is not known. */
function mayHaveSchedule(file: ListedPipeline): boolean {
  return file.kind === 'invalid' || file.definition.schedule !== undefined
}

/** Undefined where it could not be applied now. */
function digestOfFile(file: ListedPipeline, files: readonly ListedPipeline[]): string | undefined {
  if (file.kind === 'invalid') return undefined
  try {
    return scheduleDigest(file.definition, planDownstream(file.name, files))
  } catch (error) {
    if (error instanceof CodedError) return undefined
    throw error
  }
}
