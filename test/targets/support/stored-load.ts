import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { ActivityPorts } from '../../../activities/activity-ports.ts'
import { definitionKey, partKey } from '../../../activities/bucket-layout.ts'
import { putJson } from '../../../activities/json-object.ts'
import type { LoadTarget } from '../../../activities/load-target.ts'
import type {
  ColumnDefinition,
  Interval,
  PostgresTargetDefinition,
} from '../../../activities/pipeline-definition.ts'
import { publishLoad } from '../../../activities/publish-load.ts'
import { putPart } from '../../../activities/put-part.ts'
import type { PinnedRun, RunReference } from '../../../activities/run-reference.ts'
import { sealDataset } from '../../../activities/seal-dataset.ts'
import { stageBatch } from '../../../activities/stage-batch.ts'
import type { ObjectStore } from '../../../codec/index.ts'
import type { TestDuckDb } from '../../support/use-duck-db.ts'
import { newDatasetId } from './sample-load.ts'

export interface StoredLoadOptions {
  readonly table: string
  readonly columns: readonly ColumnDefinition[]
  /** The rows of each part, as DuckDB's SQL after VALUES. */
  readonly parts: readonly string[]
  readonly target?: Partial<PostgresTargetDefinition>
  /** @default 2026-11-23 */
  readonly day?: string
}

/** Loads a dataset that lies in the store as a run leaves it, and says which. */
export async function storedLoad(
  bed: TestDuckDb,
  { store, target }: { readonly store: ObjectStore; readonly target: LoadTarget },
  options: StoredLoadOptions,
): Promise<RunReference> {
  const { table, columns, day = '2026-11-23' } = options
  const attempt = { signal: AbortSignal.timeout(60_000) }
  const run: RunReference = {
    pipeline: 'stored',
    partition: day,
    datasetId: newDatasetId(),
    landing: { fetchKey: 'key', sequence: 1 },
  }
  const pinned = pinnedRun(
    { kind: 'postgres', schema: 'public', table, mode: 'merge', ...options.target },
    columns,
    dayOf(day),
  )
  const ports: ActivityPorts = {
    store,
    target,
    duckDb: bed.duckDb,
    pages: { openWalk: unused },
    items: { list: unused, open: unused },
    starter: undefined as never,
  }
  await target.check({ ...pinned, ...run, ...attempt, target: pinned.definition.target, columns })
  await putJson(store, definitionKey(run), pinned)
  let rowCount = 0
  for (const [partNumber, values] of options.parts.entries()) {
    const path = join(bed.folder, `${run.datasetId}-${partNumber}.parquet`)
    const rows = await bed.duckDb.withConnection(attempt.signal, async (connection) => {
      const names = columns.map(({ name }) => `"${name}"`).join(', ')
      const made = await connection.runAndReadAll(
        `COPY (SELECT * FROM (VALUES ${values}) AS v (${names})) TO '${path}' (FORMAT parquet)`,
      )
      return Number(made.getRowsJson()[0]?.[0])
    })
    rowCount += rows
    await putPart(
      store,
      partKey(run, partNumber),
      path,
      { records: rows, converted: rows, rejects: 0, rows },
      attempt,
    )
    await stageBatch(ports, { run, partNumber, mayStay: true }, attempt)
  }
  await sealDataset(
    ports,
    { run, partCount: options.parts.length, rowCount, rejectCount: 0 },
    attempt,
  )
  const outcome = await publishLoad(ports, { run }, attempt)
  if (outcome.kind === 'published') return run
  for (const partNumber of outcome.missingParts) {
    await stageBatch(ports, { run, partNumber }, attempt)
  }
  assert.equal((await publishLoad(ports, { run }, attempt)).kind, 'published')
  return run
}

/** The interval of a day, `YYYY-MM-DD`. */
function dayOf(day: string): Interval {
  const start = new Date(`${day}T00:00:00Z`)
  return { start: start.toISOString(), end: new Date(start.getTime() + 86_400_000).toISOString() }
}

function pinnedRun(
  target: PostgresTargetDefinition,
  columns: readonly ColumnDefinition[],
  interval: Interval,
): PinnedRun {
  return {
    definition: {
      name: 'stored',
      source: {
        kind: 'http',
        url: 'http://127.0.0.1/',
        query: {},
        headers: {},
        format: 'json',
        records: [],
        next: { kind: 'none' },
      },
      columns,
      onReject: { max: 0 },
      target,
      limits: { batchBytes: 1, pageBytes: 1, batchesInFlight: 1, attempts: 1 },
    },
    interval,
    requestedAt: '2026-11-24T02:00:00Z',
  }
}

function unused(): never {
  throw new Error('a load of what is stored asks no source')
}
