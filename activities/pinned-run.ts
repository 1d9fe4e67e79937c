import { z } from 'zod'
import type { CallOptions, ObjectStore } from '../codec/index.ts'
import { definitionKey, type DatasetPlace } from './bucket-layout.ts'
import { findJson, getJson } from './json-object.ts'
import type { Attempt } from './activity-ports.ts'
import type { DatasetId, LoadRequest } from './load-target.ts'
import type { ColumnDefinition } from './pipeline-definition.ts'
import { columnDefinition, pipelineDefinition } from './definition-schema.ts'
import type { PinnedRun, RunReference } from './run-reference.ts'
import type { SourceSlice } from './source-slice.ts'

const datasetName = z.string().transform((id) => id as DatasetId)

const pinnedRun: z.ZodType<PinnedRun> = z.object({
  definition: pipelineDefinition,
  interval: z.object({ start: z.string(), end: z.string() }),
  requestedAt: z.string(),
  inOrder: z.boolean().optional(),
  highWaterMark: z.string().optional(),
  evolved: z.array(columnDefinition).optional(),
  transformed: z.array(columnDefinition).optional(),
  landing: z.object({ fetchKey: z.string(), sequence: z.number() }).optional(),
  fromLandingOf: datasetName.optional(),
  reprocessing: z
    .object({
      datasetId: datasetName,
      from: z.enum(['landing', 'parts']),
      elsewhere: z.boolean().optional(),
      plan: z.boolean().optional(),
    })
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

/** The same; undefined where nothing was told. */
export function findPinnedRun(
  store: ObjectStore,
  run: DatasetPlace,
  options: CallOptions,
): Promise<PinnedRun | undefined> {
  return findJson(store, definitionKey(run), pinnedRun, options)
}

/** The columns that records are converted to: those that are declared, and those that the source has brought. */
export function convertedColumns({
  definition,
  evolved = [],
}: Pick<PinnedRun, 'definition' | 'evolved'>): readonly ColumnDefinition[] {
  return [...definition.columns, ...evolved]
}

/** The columns of the dataset and of its table. */
export function tableColumns(
  pinned: Pick<PinnedRun, 'definition' | 'evolved' | 'transformed'>,
): readonly ColumnDefinition[] {
  return pinned.transformed ?? convertedColumns(pinned)
}

/** What the run's target is asked with. */
export function loadRequest(
  { datasetId, pipeline, partition }: Pick<RunReference, 'datasetId' | 'pipeline' | 'partition'>,
  pinned: Pick<
    PinnedRun,
    'definition' | 'evolved' | 'transformed' | 'interval' | 'requestedAt' | 'inOrder'
  >,
  { signal }: Attempt,
): LoadRequest {
  const { definition, interval, requestedAt, inOrder } = pinned
  return {
    target: definition.target,
    columns: tableColumns(pinned),
    datasetId,
    pipeline,
    partition,
    interval,
    timezone: definition.schedule?.timezone,
    requestedAt,
    inOrder,
    markColumn: definition.incremental?.column,
    evolve: definition.schema === 'evolve',
    description: definition.description,
    signal,
  }
}

/** What the run asks its source for. */
export function sliceOf(
  { partition }: Pick<RunReference, 'partition'>,
  { interval, highWaterMark }: Pick<PinnedRun, 'interval' | 'highWaterMark'>,
): SourceSlice {
  return { partition, interval, highWaterMark }
}
