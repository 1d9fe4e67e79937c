import { z } from 'zod'
import type { ObjectKey, ObjectStore } from '../codec/index.ts'
import type { ActivityPorts, Attempt } from './activity-ports.ts'
import {
  definitionKey,
  landingsPrefix,
  landingStateKey,
  manifestKey,
  type DatasetPlace,
  type FetchPlace,
} from './bucket-layout.ts'
import { columnsToEvolve } from './evolution/columns-to-evolve.ts'
import { fetchKeyOf } from './fetch-key.ts'
import { findJson, getJson, putJson, putJsonOnce } from './json-object.ts'
import type { DatasetId, TargetRequest } from './load-target.ts'
import { convertedColumns, loadRequest, readPinnedRun } from './pinned-run.ts'
import { markKinds, type Interval, type PipelineDefinition } from './pipeline-definition.ts'
import type { LandingReference, PinnedRun, RunReference } from './run-reference.ts'
import { PipelineError } from './pipeline-error.ts'
import { prepareChecks } from './quality/prepare-checks.ts'
import { checkOptions } from './reprocess/check-options.ts'
import { mayBeAdopted } from './retention/landing-adoption.ts'
import { datasetManifest } from './seal-dataset.ts'
import { transformedColumns } from './transformed-columns.ts'

export interface PrepareLoadInput extends Pick<
  PinnedRun,
  'definition' | 'interval' | 'requestedAt' | 'inOrder' | 'fromLandingOf' | 'reprocessing'
> {
  readonly partition: string
  readonly datasetId: DatasetId
  /** Fetch everything again, even what an unpublished run of this partition has landed. */
  readonly refetch: boolean
}

export interface PreparedLoad {
  readonly run: RunReference
  readonly storedBytes: number
}

const datasetName = z.string().transform((id) => id as DatasetId)

/** The newest landing, and what was made from it. */
const landingState = z.object({
  sequence: z.number(),
  /** The dataset that a run of the source last made from it. */
  datasetId: datasetName,
  /** The others, newest first: of runs before, and what was made again without asking the source. */
  others: z.array(datasetName).optional(),
})

type LandingState = z.infer<typeof landingState>

/** Looked up one by one, and runs may fail for years. */
const maxOthers = 100

/**
 * Checks that the load can succeed before anything is fetched, pins the definition in the store, and
 * chooses the landing: the last one of the same source and interval if nothing that was made from it is
 * in the table, else a new one; or that of the dataset that is made again. What is pinned stays: an
 * attempt that comes late finds it.
 */
export async function prepareLoad(
  ports: ActivityPorts,
  input: PrepareLoadInput,
  { signal, namespace, workflowId }: Attempt,
): Promise<PreparedLoad> {
  const { definition, partition, datasetId, requestedAt, inOrder, reprocessing } = input
  const { store, target } = ports
  await store.ensureBucket({ signal })
  const interval = await intervalOf(store, input, signal)
  const evolved = await columnsToEvolve(ports, input, signal)
  const columns = convertedColumns({ definition, evolved })
  const transformed = await transformedColumns(ports.duckDb, { ...definition, columns }, signal)
  const dataset = { pipeline: definition.name, partition, datasetId }
  const request = loadRequest(dataset, { ...input, interval, evolved, transformed }, { signal })
  await prepareChecks(ports.duckDb, request.columns, definition.checks, signal)
  const options = checkOptions(definition, reprocessing)
  await target.check({ ...request, ...options, namespace, workflowId })
  const source = await chooseLanding(ports, input, request)
  const pinning = { definition, interval, requestedAt, inOrder, reprocessing }
  const told: PinnedRun = { ...pinning, evolved, transformed, ...source }
  const { sizeBytes } = await putJsonOnce(store, definitionKey(dataset), told, { signal })
  const pinned = await readPinnedRun(store, dataset, { signal })
  const { landing = source.landing } = pinned
  return { run: { ...dataset, landing }, storedBytes: sizeBytes }
}

/** What was landed stays of its stretch of time, also where the pipeline's clock is another one now. */
async function intervalOf(
  store: ObjectStore,
  { definition, partition, interval, fromLandingOf }: PrepareLoadInput,
  signal: AbortSignal,
): Promise<Interval> {
  if (fromLandingOf === undefined) return interval
  const dataset = { pipeline: definition.name, partition, datasetId: fromLandingOf }
  return (await readPinnedRun(store, dataset, { signal })).interval
}

type SourceOfRun = Pick<PinnedRun, 'highWaterMark' | 'fromLandingOf'> & {
  readonly landing: LandingReference
}

async function chooseLanding(
  ports: ActivityPorts,
  input: PrepareLoadInput,
  request: TargetRequest,
): Promise<SourceOfRun> {
  const { definition, interval, partition, datasetId, fromLandingOf } = input
  const { store } = ports
  const { signal } = request
  const pipeline = definition.name
  if (fromLandingOf !== undefined) {
    const dataset = { pipeline, partition, datasetId: fromLandingOf }
    const { highWaterMark, ...pinned } = await readPinnedRun(store, dataset, { signal })
    const landing = pinned.landing ?? (await sealedLanding(store, dataset, signal))
    const key = landingStateKey({ pipeline, partition, fetchKey: landing.fetchKey })
    const state = await findJson(store, key, landingState, { signal })
    const isPlan = input.reprocessing?.plan === true
    if (!isPlan && state?.sequence === landing.sequence) {
      // Once this is in the table, the landing has done its work.
      const others = [datasetId, ...othersOf(state, datasetId)].slice(0, maxOthers)
      await putJson(store, key, { ...state, others }, { signal })
    }
    return { highWaterMark, landing, fromLandingOf }
  }
  const highWaterMark = await markOf(ports, request, definition)
  const fetchKey = await fetchKeyOf(definition.source, { partition, interval, highWaterMark })
  const stateKey = landingStateKey({ pipeline, partition, fetchKey })
  const state = await findState(store, stateKey, input, signal)
  const isOpen =
    state !== undefined && (await isStillOpen(ports, input, request, { ...state, key: stateKey }))
  const place = { pipeline, partition, fetchKey }
  const newest = state?.sequence ?? (await greatestSequence(store, place, signal))
  const sequence = isOpen ? newest : newest + 1
  const others = isOpen
    ? [state.datasetId, ...othersOf(state, state.datasetId)].filter((id) => id !== datasetId)
    : []
  const chosen: LandingState = { sequence, datasetId, others: others.slice(0, maxOthers) }
  await putJson(store, stateKey, chosen, { signal })
  return { highWaterMark, landing: { fetchKey, sequence } }
}

/** Who fetches everything again does without a state that cannot be read. */
async function findState(
  store: ObjectStore,
  key: ObjectKey,
  { refetch }: PrepareLoadInput,
  signal: AbortSignal,
): Promise<LandingState | undefined> {
  try {
    return await findJson(store, key, landingState, { signal })
  } catch (error) {
    if (refetch && error instanceof PipelineError && error.code === 'OBJECT_UNREADABLE') return
    throw error
  }
}

/**
 * The greatest number of a landing that has objects; 0 where none has. Where nothing says any more which
 * is the newest, what lies there may be older than the source is now, and is not taken up.
 */
async function greatestSequence(
  store: ObjectStore,
  place: FetchPlace,
  signal: AbortSignal,
): Promise<number> {
  const prefix = landingsPrefix(place)
  let greatest = 0
  for await (const { key } of store.list(prefix, { signal })) {
    const [number = '0'] = /^\d{4,}(?=\/)/.exec(key.slice(prefix.length)) ?? []
    greatest = Math.max(greatest, Number(number))
  }
  return greatest
}

/** Whether a landing is to be used by one more run of its source. */
async function isStillOpen(
  { store, target }: ActivityPorts,
  { definition, datasetId, refetch }: PrepareLoadInput,
  request: TargetRequest,
  state: LandingState & { readonly key: ObjectKey },
): Promise<boolean> {
  // An earlier attempt has chosen it.
  if (state.datasetId === datasetId) return true
  if (refetch) return false
  const head = await store.head(state.key, { signal: request.signal })
  if (head === undefined) return false
  if (!mayBeAdopted(definition.retention, head.lastModified, new Date())) return false
  for (const id of [state.datasetId, ...othersOf(state, state.datasetId)]) {
    if (await target.isPublished({ ...request, datasetId: id })) return false
  }
  return true
}

function othersOf({ others = [] }: LandingState, but: DatasetId): DatasetId[] {
  return others.filter((id) => id !== but)
}

/** Earlier versions kept it in the manifest alone. */
async function sealedLanding(
  store: ObjectStore,
  dataset: DatasetPlace,
  signal: AbortSignal,
): Promise<LandingReference> {
  return (await getJson(store, manifestKey(dataset), datasetManifest, { signal })).landing
}

/** Of incremental pipelines: how far the last load into this table came. */
async function markOf(
  { target }: ActivityPorts,
  request: TargetRequest,
  { name, incremental }: PipelineDefinition,
): Promise<string | undefined> {
  if (incremental === undefined) return undefined
  const kind = request.columns.find((column) => column.name === incremental.column)?.type.kind
  if (kind === undefined || !markKinds.has(kind)) {
    const made = kind === undefined ? 'makes no' : `makes ${kind} of the`
    throw new PipelineError(
      'TRANSFORM_INVALID',
      `the transform ${made} column ${JSON.stringify(incremental.column)}, whose greatest value is the mark`,
      {
        at: { pipeline: name },
        remedy: 'Keep the column in the result of the transform, as a number, text, date or time.',
      },
    )
  }
  const { column: markColumn, initial } = incremental
  return (await target.highWaterMark({ ...request, pipeline: name, markColumn })) ?? initial
}
