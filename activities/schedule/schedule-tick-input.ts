import type { PipelineDefinition } from '../pipeline-definition.ts'

/** What a schedule tells each of its ticks; plain data that stands in the schedule itself. */
export interface ScheduleTickInput {
  readonly definition: PipelineDefinition
  /** The pipelines that come after this one, and after these. */
  readonly downstream: readonly PipelineDefinition[]
  /** RFC 3339: slices that were due by then are none of the schedule's. */
  readonly since: string
  /** Where the definition came from, for people to look up. */
  readonly appliedFrom: { readonly file: string; readonly digest: string }
}

/** Names the workflow that a tick of the pipeline's schedule is; Temporal appends the nominal time. */
export function scheduleIdOf(pipeline: string): string {
  return `schedule/${pipeline}`
}
