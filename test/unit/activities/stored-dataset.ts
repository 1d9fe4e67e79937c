import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ActivityPorts } from '../../../activities/activity-ports.ts'
import { definitionKey } from '../../../activities/bucket-layout.ts'
import type { ColumnDefinition, PipelineDefinition } from '../../../activities/index.ts'
import { putJson } from '../../../activities/json-object.ts'
import type { DatasetId } from '../../../activities/load-target.ts'
import type { RunReference } from '../../../activities/run-reference.ts'
import { transformedColumns } from '../../../activities/transformed-columns.ts'
import { digestOf, MemoryObjectStore, type ObjectKey } from '../../../codec/index.ts'
import type { TestDuckDb } from '../../support/use-duck-db.ts'

export const attempt = { signal: new AbortController().signal }

export const run: RunReference = {
  pipeline: 'stored',
  partition: '2001',
  datasetId: 'dataset' as DatasetId,
  landing: { fetchKey: 'f', sequence: 1 },
}

type Rules = Pick<PipelineDefinition, 'transform' | 'checks'>

/** A dataset of these columns that is being made, in a store of its own. */
export async function storedDataset(
  { duckDb, folder }: TestDuckDb,
  columns: readonly ColumnDefinition[],
  rules: Rules,
) {
  const store = new MemoryObjectStore()
  const ports: ActivityPorts = {
    store,
    pages: undefined as never,
    items: undefined as never,
    target: undefined as never,
    duckDb,
    starter: undefined as never,
  }
  const definition: PipelineDefinition = {
    name: run.pipeline,
    source: {
      kind: 'http',
      url: 'http://source.invalid',
      query: {},
      headers: {},
      format: 'json',
      records: [],
      next: { kind: 'none' },
    },
    columns,
    onReject: { max: 9 },
    target: { kind: 'postgres', schema: 'public', table: 't', mode: 'merge' },
    limits: { batchBytes: 1, pageBytes: 1000, batchesInFlight: 2, attempts: 1 },
    ...rules,
  }
  await putJson(store, definitionKey(run), {
    definition,
    transformed: await transformedColumns(duckDb, definition, attempt.signal),
    interval: { start: '2001-01-01T00:00:00Z', end: '2002-01-01T00:00:00Z' },
    requestedAt: '2001-01-01T00:00:00Z',
  })
  /** Puts a part that holds the rows of a SELECT. */
  const putPart = async (
    key: ObjectKey,
    select: string,
    metadata: Readonly<Record<string, string>> = {},
  ): Promise<void> => {
    const path = join(folder, 'stored.parquet')
    const rows = await duckDb.withConnection(attempt.signal, async (connection) => {
      const { rowsChanged } = await connection.run(
        `COPY (${select}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 4096)`,
      )
      return String(rowsChanged)
    })
    const part = await readFile(path)
    await store.put(key, part, {
      contentType: 'application/vnd.apache.parquet',
      metadata: { rows, rejects: '0', sha256: await digestOf(part), ...metadata },
    })
  }
  return { ports, store, putPart }
}
