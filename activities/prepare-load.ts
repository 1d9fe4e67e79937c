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
  /** Whether pages of an earlier run that was never published are used. */
  readonly adoptsLanding: boolean
  readonly storedBytes: number
}

const landingState = z.object({ sequence: z.number(), published: z.boolean() })

/**
 * Checks that the load can succeed before anything is fetched, pins the definition in the store, and
 * chooses the landing: the unfinished one of the last run of the same source and interval, else a
 * new one.
 */
export async function prepareLoad(
  ports: ActivityPorts,
  input: PrepareLoadInput,
  { signal }: Attempt,
): Promise<PreparedLoad> {
  const { definition, interval, partition, datasetId, requestedAt } = input
  const { store, target } = ports
  await store.ensureBucket({ signal })
  await target.check({ target: definition.target, columns: definition.columns, signal })

  // References are not resolved here, so no secret has a part in the name.
  const source = JSON.stringify([definition.source, interval])
  const fetchKey = (await digestOf(Buffer.from(source))).slice(0, 16)
  const pipeline = definition.name
  const stateKey = landingStateKey({ pipeline, partition, fetchKey })
  const state = await findJson(store, stateKey, landingState, { signal })
  const adoptsLanding = state !== undefined && !state.published && !input.refetch
  const sequence = adoptsLanding ? state.sequence : (state?.sequence ?? 0) + 1

  const run = { pipeline, partition, datasetId, landing: { fetchKey, sequence } }
  const pinned: PinnedRun = { definition, interval, requestedAt }
  const { sizeBytes } = await putJson(store, definitionKey(run), pinned, { signal })
  await putJson(store, stateKey, { sequence, published: false }, { signal })
  return { run, adoptsLanding, storedBytes: sizeBytes }
}

/** After the rows are in the table the landing is history: the next run fetches anew. */
export async function markLandingPublished(
  { store }: ActivityPorts,
  run: RunReference,
  { signal }: Attempt,
): Promise<void> {
  const { fetchKey, sequence } = run.landing
  await putJson(
    store,
    landingStateKey({ ...run, fetchKey }),
    { sequence, published: true },
    { signal },
  )
}
