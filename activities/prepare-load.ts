import { z } from 'zod'
import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { definitionKey, landingStateKey } from './bucket-layout.ts'
import { fetchKeyOf } from './fetch-key.ts'
import { findJson, putJson } from './json-object.ts'
import type { DatasetId, TargetRequest } from './load-target.ts'
import type { PipelineDefinition } from './pipeline-definition.ts'
import type { PinnedRun, RunReference } from './run-reference.ts'
import { transformedColumns } from './transformed-columns.ts'

export interface PrepareLoadInput extends PinnedRun {
  readonly partition: string
  readonly datasetId: DatasetId
  /** Fetch everything again, even what an unpublished run of this partition has landed. */
  readonly refetch: boolean
  /** The dataset whose landing is parsed again; then the source is not asked. */
  readonly fromLandingOf?: DatasetId | undefined
}

export interface PreparedLoad {
  readonly run: RunReference
  readonly storedBytes: number
}

/** The newest landing, and the dataset that was last made from it. */
const landingState = z.object({
  sequence: z.number(),
  datasetId: z.string().transform((id) => id as DatasetId),
})

/**
 * Checks that the load can succeed before anything is fetched, pins the definition in the store, and
 * chooses the landing: the last one of the same source and interval if what was made from it is not in
 * the table, else a new one.
 */
export async function prepareLoad(
  ports: ActivityPorts,
  input: PrepareLoadInput,
  { signal }: Attempt,
): Promise<PreparedLoad> {
  const { definition, interval, partition, datasetId, requestedAt } = input
  const { store, target } = ports
  await store.ensureBucket({ signal })
  const transformed = await transformedColumns(ports.duckDb, definition, signal)
  const columns = transformed ?? definition.columns
  const request = { target: definition.target, columns, signal }
  await target.check(request)

  const highWaterMark = await markOf(ports, request, definition)
  const fetchKey = await fetchKeyOf(definition.source, { partition, interval, highWaterMark })
  const pipeline = definition.name
  const stateKey = landingStateKey({ pipeline, partition, fetchKey })
  const state = await findJson(store, stateKey, landingState, { signal })
  const isOpen =
    state !== undefined &&
    !input.refetch &&
    !(await target.isPublished({ ...request, datasetId: state.datasetId }))
  const sequence = isOpen ? state.sequence : (state?.sequence ?? 0) + 1

  const run = { pipeline, partition, datasetId, landing: { fetchKey, sequence } }
  const pinned: PinnedRun = { definition, interval, requestedAt, highWaterMark, transformed }
  const { sizeBytes } = await putJson(store, definitionKey(run), pinned, { signal })
  await putJson(store, stateKey, { sequence, datasetId }, { signal })
  return { run, storedBytes: sizeBytes }
}

/** Of incremental pipelines: how far the last load into this table came. */
async function markOf(
  { target }: ActivityPorts,
  request: TargetRequest,
  { name, incremental }: PipelineDefinition,
): Promise<string | undefined> {
  if (incremental === undefined) return undefined
  return (await target.highWaterMark({ ...request, pipeline: name })) ?? incremental.initial
}
