import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { definitionKey, manifestKey } from '../../../activities/bucket-layout.ts'
import type { DatasetId, PipelineDefinition, Reprocessing } from '../../../activities/index.ts'
import { putJson } from '../../../activities/json-object.ts'
import type { PinnedRun } from '../../../activities/run-reference.ts'
import { MemoryObjectStore } from '../../../codec/index.ts'
import { reprocessRequest, type ReprocessWish } from '../../../src/client/reprocess-request.ts'
import { loadWorkflowId } from '../../../src/client/start-load.ts'
import { plainDefinition } from '../../support/plain-definition.ts'

const definition: PipelineDefinition = plainDefinition('flights')
const partition = '2001-01'

/** A store with datasets, the oldest first. */
async function storeWith(
  ...datasets: readonly { id: string; isSealed?: boolean; reprocessing?: Reprocessing }[]
): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore()
  for (const [day, { id, isSealed = false, reprocessing }] of datasets.entries()) {
    const place = { pipeline: definition.name, partition, datasetId: idOf(id) }
    const pinned: PinnedRun = {
      definition,
      interval: { start: '2001-01-01T00:00:00Z', end: '2001-02-01T00:00:00Z' },
      requestedAt: `2001-02-0${day + 1}T00:00:00Z`,
      reprocessing,
    }
    await putJson(store, definitionKey(place), pinned)
    if (isSealed) await putJson(store, manifestKey(place), {})
  }
  return store
}

function idOf(digit: string): DatasetId {
  return '00000000-0000-4000-8000-000000000000'.replaceAll('0', digit) as DatasetId
}

function asked(store: MemoryObjectStore, wish: Partial<ReprocessWish> = {}) {
  return reprocessRequest(store, { definition, partition, from: 'landing', plan: false, ...wish })
}

describe('what is asked to be reprocessed', () => {
  it('is the newest dataset, of which parts have to be sealed, and never a plan', async () => {
    const plan = { datasetId: idOf('1'), from: 'landing', plan: true } as const
    const store = await storeWith(
      { id: '1', isSealed: true },
      { id: '2', isSealed: true },
      { id: '3' },
      { id: '4', isSealed: true, reprocessing: plan },
    )
    const chosen = async (wish: Partial<ReprocessWish> = {}) =>
      (await asked(store, wish)).reprocessing?.datasetId
    assert.equal(await chosen(), idOf('3'))
    assert.equal(await chosen({ from: 'parts' }), idOf('2'))
    assert.equal(await chosen({ from: 'parts', dataset: idOf('1') }), idOf('1'))
    await assert.rejects(chosen({ from: 'parts', dataset: idOf('3') }), {
      code: 'DATASET_NOT_FOUND',
      message: /did not complete it/,
    })
    for (const wish of [{ dataset: idOf('4') }, { partition: '2001-02' }]) {
      await assert.rejects(chosen(wish), {
        code: 'DATASET_NOT_FOUND',
        message: /has no such dataset/,
      })
    }
  })

  it('goes to another table of the same kind and mode, and no other place', async () => {
    const store = await storeWith({ id: '1' })
    const elsewhere = await asked(store, { target: 'other.t' })
    assert.deepEqual(elsewhere.definition.target, {
      ...definition.target,
      schema: 'other',
      table: 't',
    })
    assert.equal(elsewhere.reprocessing?.elsewhere, true)
    const { schema, table } = Object(definition.target)
    const same = await asked(store, { target: `${schema}.${table}` })
    assert.equal(same.reprocessing?.elsewhere, undefined)
    for (const target of ['a.b.c', 'claimcheck.loads', 's3://lake/flights', '']) {
      await assert.rejects(asked(store, { target }), { code: 'TARGET_INVALID' }, target)
    }
    const files: PipelineDefinition = {
      ...definition,
      target: { kind: 'parquet', bucket: 'lake', prefix: 'flights', mode: 'replace' },
    }
    const { definition: moved } = await asked(store, { definition: files, target: 's3://sea/f/' })
    assert.deepEqual(moved.target, { ...files.target, bucket: 'sea', prefix: 'f' })
  })

  it('has one id while it is the same, and another one for anything else', async () => {
    const store = await storeWith({ id: '1', isSealed: true }, { id: '2', isSealed: true })
    const idFor = async (wish: Partial<ReprocessWish> = {}) => {
      const common = { requestedAt: new Date(), taskQueue: 'claimcheck' }
      return loadWorkflowId({ ...(await asked(store, wish)), ...common })
    }
    const id = await idFor()
    assert.match(id, new RegExp(`^reprocess/${idOf('2')}/[0-9a-f]{8}$`))
    assert.equal(await idFor({ dataset: idOf('2') }), id)
    const others = await Promise.all([
      idFor({ dataset: idOf('1') }),
      idFor({ from: 'parts' }),
      idFor({ plan: true }),
      idFor({ target: 'public.other' }),
      idFor({ definition: { ...definition, onReject: { max: 7 } } }),
    ])
    assert.equal(new Set([id, ...others]).size, 1 + others.length)
  })
})
