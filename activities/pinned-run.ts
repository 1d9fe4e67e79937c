import { z } from 'zod'
import type { CallOptions, ObjectStore } from '../codec/index.ts'
import { definitionKey, type DatasetPlace } from './bucket-layout.ts'
import { getJson } from './json-object.ts'
import type { DatasetId } from './load-target.ts'
import type { ColumnDefinition } from './pipeline-definition.ts'
import { columnDefinition, pipelineDefinition } from './definition-schema.ts'
import type { PinnedRun, RunReference } from './run-reference.ts'
import type { SourceSlice } from './source-slice.ts'

const pinnedRun: z.ZodType<PinnedRun> = z.object({
  definition: pipelineDefinition,
  interval: z.object({ start: z.string(), end: z.string() }),
  requestedAt: z.string(),
  highWaterMark: z.string().optional(),
  transformed: z.array(columnDefinition).optional(),
  landing: z.object({ fetchKey: z.string(), sequence: z.number() }).optional(),
  fromLandingOf: z
    .string()
    .transform((id) => id as DatasetId)
    .optional(),
})

/** What this run was told to do when it began. */
export function readPinnedRun(
  store: ObjectStore,
  run: DatasetPlace,
  options: CallOptions,
): Promise<PinnedRun> {
  return getJson(store, definitionKey(run), pinnedRun, options)
}

/** The columns of the dataset and of its table. */
export function tableColumns({
  definition,
  transformed,
}: Pick<PinnedRun, 'definition' | 'transformed'>): readonly ColumnDefinition[] {
  return transformed ?? definition.columns
}

/** What the run asks its source for. */
export function sliceOf(
  { partition }: Pick<RunReference, 'partition'>,
  { interval, highWaterMark }: Pick<PinnedRun, 'interval' | 'highWaterMark'>,
): SourceSlice {
  return { partition, interval, highWaterMark }
}
