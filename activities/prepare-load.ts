import { z } from 'zod'
import { digestOf } from '../codec/index.ts'
import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { definitionKey, landingStateKey } from './bucket-layout.ts'
import { findJson, putJson } from './json-object.ts'
import type { DatasetId } from './load-target.ts'
import type { PinnedRun, RunReference } from './run-reference.ts'

export interface PrepareLoadInput extends PinnedRun {
  readonly partition: string
  readonly datasetId: DatasetId
  /** Fetch everything again, even what an unpublished run of this partition has landed. */
  readonly refetch: boolean
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
  const request = { target: definition.target, columns: definition.columns, signal }
  await target.check(request)

  // References are not resolved here, so no secret has a part in the name. How fast the source is asked
  // changes nothing of what it says.
  const { rate: _rate, timeoutMs: _timeoutMs, ...what } = definition.source
  const source = JSON.stringify([what, interval])
  const fetchKey = (await digestOf(Buffer.from(source))).slice(0, 16)
  const pipeline = definition.name
  const stateKey = landingStateKey({ pipeline, partition, fetchKey })
  const state = await findJson(store, stateKey, landingState, { signal })
  const isOpen =
    state !== undefined &&
    !input.refetch &&
    !(await target.isPublished({ ...request, datasetId: state.datasetId }))
  const sequence = isOpen ? state.sequence : (state?.sequence ?? 0) + 1

  const run = { pipeline, partition, datasetId, landing: { fetchKey, sequence } }
  const pinned: PinnedRun = { definition, interval, requestedAt }
  const { sizeBytes } = await putJson(store, definitionKey(run), pinned, { signal })
  await putJson(store, stateKey, { sequence, datasetId }, { signal })
  return { run, storedBytes: sizeBytes }
}
