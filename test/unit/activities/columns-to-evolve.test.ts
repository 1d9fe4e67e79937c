import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { definitionKey } from '../../../activities/bucket-layout.ts'
import { columnsToEvolve } from '../../../activities/evolution/columns-to-evolve.ts'
import { putNotedFields } from '../../../activities/evolution/noted-fields.ts'
import type { ColumnDefinition, ColumnType, DatasetId } from '../../../activities/index.ts'
import { readPinnedRun, tableColumns } from '../../../activities/pinned-run.ts'
import { prepareLoad } from '../../../activities/prepare-load.ts'
import type { ActivityPorts } from '../../../activities/activity-ports.ts'
import { putJson } from '../../../activities/json-object.ts'
import type { LoadTarget } from '../../../activities/load-target.ts'
import type { PipelineDefinition } from '../../../activities/pipeline-definition.ts'
import { MemoryObjectStore } from '../../../codec/index.ts'
import { columnTypeText } from '../../../src/pipeline/infer/column-type-text.ts'

const { signal } = new AbortController()
const bigint = { kind: 'bigint' } as const
const text = { kind: 'text' } as const

const definition: PipelineDefinition = {
  name: 'evolving',
  source: {
    kind: 'http',
    url: 'http://source.invalid',
    query: {},
    headers: {},
    format: 'json',
    records: [],
    next: { kind: 'none' },
  },
  schema: 'evolve',
  columns: [
    { name: 'id', from: 'id', type: bigint, key: true },
    { name: 'departed_at', from: 'date', type: { kind: 'date' }, key: false },
    { name: 'city', from: '$.place.city', path: ['place', 'city'], type: text, key: false },
  ],
  onReject: { max: 0 },
  target: { kind: 'postgres', schema: 'public', table: 't', mode: 'merge' },
  limits: { batchBytes: 1, pageBytes: 1, batchesInFlight: 1, attempts: 1 },
}

interface Brought {
  readonly recorded?: readonly ColumnDefinition[]
  readonly pinned?: readonly ColumnDefinition[]
  /** Of each batch of the dataset that is made again. */
  readonly noted?: readonly Readonly<Record<string, ColumnType>>[]
  readonly change?: Partial<PipelineDefinition>
}

/** Names, fields and types of the columns. */
async function evolve({ recorded = [], pinned = [], noted = [], change = {} }: Brought) {
  const store = new MemoryObjectStore()
  const target: Partial<LoadTarget> = { evolvedColumns: async () => recorded }
  const datasetId = 'earlier' as DatasetId
  const run = { pipeline: definition.name, partition: '2001', datasetId }
  const interval = { start: '2001-01-01T00:00:00Z', end: '2002-01-01T00:00:00Z' }
  const requestedAt = '2001-01-01T00:00:00Z'
  await putJson(store, definitionKey(run), { definition, interval, requestedAt, evolved: pinned })
  for (const [partNumber, types] of noted.entries()) {
    const fields = Object.entries(types).map(([from, type]) => ({ from, type }))
    await putNotedFields(store, { run, partNumber }, fields, { signal })
  }
  const columns = await columnsToEvolve(
    { store, target: target as LoadTarget },
    { definition: { ...definition, ...change }, partition: '2001', fromLandingOf: datasetId },
    signal,
  )
  return columns?.map(({ name, from, type }) => [name, from, columnTypeText(type)])
}

const column = (name: string, type: ColumnType = bigint, from = name): ColumnDefinition => ({
  name,
  from,
  type,
  key: false,
})

describe('the columns that nobody has declared', () => {
  test('are those of earlier loads, of the dataset that is made again, and what that has noted', async () => {
    const found = await evolve({
      recorded: [column('a'), column('b')],
      pinned: [column('b', text), column('c')],
      noted: [{ d: bigint }, { d: { kind: 'numeric', precision: 20, scale: 1 }, a: text }],
    })
    assert.deepEqual(found, [
      ['a', 'a', 'text'],
      ['b', 'b', 'text'],
      ['c', 'c', 'bigint'],
      ['d', 'd', 'numeric(20, 1)'],
    ])
    assert.equal(await evolve({}), undefined)
    assert.equal(
      await evolve({ recorded: [column('a')], change: { schema: 'discard' } }),
      undefined,
    )
  })

  test('are none of those that are declared now', async () => {
    const recorded = [column('date'), column('place', { kind: 'jsonb' }), column('a')]
    assert.deepEqual(await evolve({ recorded }), [['a', 'a', 'bigint']])
  })

  test('are called as their fields, or else by one rule', async () => {
    const long = 'é'.repeat(40)
    const names = [
      'ok',
      'x'.repeat(63),
      long,
      'ctid',
      'VALID_FROM',
      '_position',
      '',
      'n\0l',
      'ID',
      'x',
      'X',
    ]
    const noted = [Object.fromEntries(names.map((name) => [name, bigint]))]
    const found = await evolve({ noted, recorded: [column('x')] })
    const byField = new Map(found?.map(([name = '', from = '']) => [from, name]))
    assert.deepEqual(Object.fromEntries(byField), {
      '': '_e3b0c442',
      ID: `ID_${sha256('ID')}`,
      VALID_FROM: `VALID_FROM_${sha256('VALID_FROM')}`,
      X: `X_${sha256('X')}`,
      _position: `_position_${sha256('_position')}`,
      ctid: `ctid_${sha256('ctid')}`,
      'n\0l': `nl_${sha256('n\0l')}`,
      ok: 'ok',
      x: 'x',
      [names[1] ?? '']: names[1],
      [long]: `${'é'.repeat(27)}_${sha256(long)}`,
    })
    // A column of the pipeline file has come to be called so.
    const declared = [column('a', text, 'b')]
    const moved = await evolve({
      recorded: [column('a')],
      change: { columns: [...definition.columns, ...declared] },
    })
    assert.deepEqual(moved, [[`a_${sha256('a')}`, 'a', 'bigint']])
    assert.deepEqual(await evolve({ noted: [{ a: bigint, departed_at: text }] }), [
      ['a', 'a', 'bigint'],
      [`departed_at_${sha256('departed_at')}`, 'departed_at', 'text'],
    ])
  })

  test('are pinned: an attempt that comes later changes nothing', async () => {
    const store = new MemoryObjectStore()
    let recorded = [column('a')]
    const asked: (readonly string[])[] = []
    const target: Partial<LoadTarget> = {
      evolvedColumns: async () => recorded,
      check: async ({ columns }) => void asked.push(columns.map(({ name }) => name)),
      isPublished: async () => false,
    }
    const ports: ActivityPorts = {
      store,
      target: target as LoadTarget,
      pages: undefined as never,
      items: undefined as never,
      duckDb: undefined as never,
      starter: undefined as never,
    }
    const prepare = async () => {
      const { run } = await prepareLoad(
        ports,
        {
          definition,
          partition: '2001',
          interval: { start: '2001-01-01T00:00:00Z', end: '2002-01-01T00:00:00Z' },
          requestedAt: '2001-01-01T00:00:00Z',
          datasetId: 'a' as DatasetId,
          refetch: false,
        },
        { signal },
      )
      return tableColumns(await readPinnedRun(store, run, { signal })).map(({ name }) => name)
    }
    const names = ['id', 'departed_at', 'city', 'a']
    assert.deepEqual(await prepare(), names)
    recorded = [column('a', text), column('b')]
    assert.deepEqual(await prepare(), names)
    assert.deepEqual(asked[0], names)
  })

  test('are five hundred at most', async () => {
    const fields = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, bigint]))
    assert.equal((await evolve({ noted: [fields(500)] }))?.length, 500)
    await assert.rejects(evolve({ noted: [fields(501)] }), {
      code: 'SCHEMA_CHANGED',
      retryable: false,
      message: /501 fields that are not declared, and 500 at most/,
    })
  })
})

function sha256(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 8)
}
