import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ActivityPorts } from '../../../activities/activity-ports.ts'
import { definitionKey, manifestKey } from '../../../activities/bucket-layout.ts'
import type {
  ColumnDefinition,
  ColumnType,
  DatasetId,
  PipelineDefinition,
} from '../../../activities/index.ts'
import { putJson } from '../../../activities/json-object.ts'
import type { CheckRequest, LoadTarget } from '../../../activities/load-target.ts'
import { readPinnedRun } from '../../../activities/pinned-run.ts'
import { prepareParts } from '../../../activities/reprocess/prepare-parts.ts'
import { transformedColumns } from '../../../activities/transformed-columns.ts'
import { MemoryObjectStore } from '../../../codec/index.ts'
import { plainDefinition } from '../../support/plain-definition.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'

const attempt = { signal: new AbortController().signal, scheduledAt: new Date(0) }
const [partition, datasetId] = ['2001', '00000000-0000-4000-8000-000000000001' as DatasetId]
const column = (name: string, kind: 'bigint' | 'text', key = false): ColumnDefinition => ({
  name,
  from: name,
  type: { kind } satisfies ColumnType,
  key,
})
const id = column('id', 'bigint', true)
const brought = column('brought', 'bigint')

describe('parts that are loaded again', () => {
  const bed = useDuckDb()

  /** A dataset as `made` has made it, with what the source brought; then the pipeline is `now`. */
  async function prepare(
    made: PipelineDefinition,
    now: PipelineDefinition,
    evolved: readonly ColumnDefinition[] = [brought],
  ) {
    const store = new MemoryObjectStore()
    const { duckDb } = bed
    const columns = [...made.columns, ...evolved]
    const place = { pipeline: made.name, partition, datasetId }
    const interval = { start: '2001-01-01T00:00:00Z', end: '2002-01-01T00:00:00Z' }
    const requestedAt = '2002-01-01T00:00:00Z'
    const landing = { fetchKey: 'f', sequence: 1 }
    await putJson(store, definitionKey(place), {
      definition: made,
      interval,
      requestedAt,
      evolved,
      transformed: await transformedColumns(duckDb, { ...made, columns }, attempt.signal),
      landing,
    })
    await putJson(store, manifestKey(place), {
      version: 1,
      ...place,
      interval,
      requestedAt,
      landing,
      landedPages: 1,
      landedBytes: 1,
      recordCount: 0,
      convertedCount: 0,
      rowCount: 0,
      rejectCount: 0,
      columns: columns.map(({ name, type }) => ({ name, type })),
      parts: [],
      rejects: [],
    })
    const checked: CheckRequest[] = []
    const target: Partial<LoadTarget> = {
      check: async (request) => {
        checked.push(request)
      },
    }
    const ports: ActivityPorts = {
      store,
      target: target as LoadTarget,
      duckDb,
      pages: undefined as never,
      items: undefined as never,
      starter: undefined as never,
    }
    const again = '00000000-0000-4000-8000-000000000002' as DatasetId
    await prepareParts(
      ports,
      {
        definition: now,
        partition,
        datasetId: again,
        requestedAt,
        reprocessing: { datasetId, from: 'parts' },
      },
      attempt,
    )
    const pinned = await readPinnedRun(store, { ...place, datasetId: again }, attempt)
    return { columns: checked[0]?.columns, pinned }
  }

  const evolving = { columns: [id], schema: 'evolve' } as const

  it('keep the columns that the source has brought, beneath a transform too', async () => {
    const plain = plainDefinition('evolved', evolving)
    assert.deepEqual((await prepare(plain, plain)).columns, [id, brought])
    const transform = { sql: 'select *, brought + 1 as more from input', scope: 'batch' } as const
    const transformed = plainDefinition('evolved', { ...evolving, transform })
    const { columns } = await prepare(transformed, transformed)
    assert.deepEqual(
      columns?.map(({ name }) => name),
      ['id', 'brought', 'more'],
    )
  })

  it('take what is declared since as it is declared', async () => {
    const plain = plainDefinition('evolved', evolving)
    const comment = 'what it is'
    const described = { ...brought, comment }
    const declared = plainDefinition('evolved', { ...evolving, columns: [id, described] })
    const { columns, pinned } = await prepare(plain, declared)
    assert.deepEqual([columns, pinned.evolved], [[id, described], []])
    const asText = { ...evolving, columns: [id, column('brought', 'text')] }
    await assert.rejects(prepare(plain, plainDefinition('evolved', asText)), {
      code: 'PARTS_OUTGROWN',
      message: /"brought" is bigint in the parts and text now/,
    })
  })
})
