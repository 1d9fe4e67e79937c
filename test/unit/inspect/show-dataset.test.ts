import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { z } from 'zod'
import { definitionKey, partKey } from '../../../activities/bucket-layout.ts'
import type { DatasetId } from '../../../activities/index.ts'
import { getJson, putJson } from '../../../activities/json-object.ts'
import { listDatasetFolders } from '../../../activities/retention/dataset-folders.ts'
import { sealDataset } from '../../../activities/seal-dataset.ts'
import type { MemoryObjectStore, ObjectHead, ObjectKey } from '../../../codec/index.ts'
import { showDataset } from '../../../src/inspect/datasets/show-dataset.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { columnsOf } from '../activities/convert-bodies.ts'
import { attempt, run as made, storedDataset } from '../activities/stored-dataset.ts'

const datasetId = '11111111-2222-4333-8444-555555555555' as DatasetId
const run = { ...made, datasetId }
const count = 24
const parts = Array.from({ length: count }, (_, number) => partKey(run, number))

describe('showing a dataset', () => {
  const bed = useDuckDb()
  let store: MemoryObjectStore
  const asked: ObjectKey[] = []
  let seal: () => Promise<unknown>

  before(async () => {
    const stored = await storedDataset(bed, columnsOf({ id: 'integer' }), {})
    ;({ store } = stored)
    const definition = await getJson(store, definitionKey(made), z.looseObject({}))
    await putJson(store, definitionKey(run), definition)
    for (const key of parts)
      await stored.putPart(key, 'SELECT 1 AS id', { records: '1', converted: '1' })
    const head = store.head.bind(store)
    store.head = (key, options): Promise<ObjectHead | undefined> => {
      asked.push(key)
      return head(key, options)
    }
    const counts = { partCount: count, rowCount: count, rejectCount: 0 }
    seal = () => sealDataset(stored.ports, { run, ...counts }, attempt)
  })

  async function show() {
    const [folder] = await listDatasetFolders(store, { pipeline: run.pipeline })
    assert.ok(folder)
    asked.length = 0
    const loads = { findLoads: async () => [] }
    return showDataset({ store, loads }, folder, attempt.signal)
  }

  test('asks each part of one that is not sealed for its rows', async () => {
    const shown = await show()
    assert.equal(shown.state, 'unfinished')
    assert.deepEqual(
      shown.parts.map(({ key, rows, problem }) => [key, rows, problem]),
      parts.map((key) => [key, 1, null]),
    )
  })

  test('asks for no part of one that is sealed, and says which are not as they were', async () => {
    await seal()
    const whole = await show()
    assert.deepEqual(
      whole.parts.map(({ problem }) => problem),
      parts.map(() => null),
    )
    assert.deepEqual(
      asked.filter((key) => key.includes('/part-')),
      [],
    )
    const [first, second] = parts
    assert.ok(first !== undefined && second !== undefined)
    await store.delete([first])
    await store.put(second, Buffer.from('short'), { contentType: 'x' })
    const harmed = await show()
    const { sizeBytes } = harmed.parts[1] ?? {}
    assert.deepEqual(
      harmed.parts.slice(0, 3).map(({ problem }) => problem),
      ['is not in the store', `has 5 bytes instead of ${sizeBytes}`, null],
    )
  })
})
