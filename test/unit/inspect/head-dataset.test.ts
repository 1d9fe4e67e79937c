import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import { rejectsKey } from '../../../activities/bucket-layout.ts'
import type { DatasetId } from '../../../activities/load-target.ts'
import { listDatasetFolders } from '../../../activities/retention/dataset-folders.ts'
import { MemoryObjectStore } from '../../../codec/index.ts'
import { headDataset, headRejects } from '../../../src/inspect/datasets/head-dataset.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'

const datasetId = '11111111-2222-4333-8444-555555555555' as DatasetId
const run = { pipeline: 'stored', partition: '2001', datasetId }
const { signal } = new AbortController()

async function folderWith(rejects: Uint8Array) {
  const store = new MemoryObjectStore()
  await store.put(rejectsKey(run, 0), rejects, { contentType: 'x', metadata: { rows: '1' } })
  const [folder] = await listDatasetFolders(store, run)
  assert.ok(folder)
  return { store, folder }
}

describe('the beginning of a dataset', () => {
  const bed = useDuckDb()

  test('is damaged where what was set aside cannot be read, and quotes nothing of it', async () => {
    for (const body of [
      zstdCompressSync('secret}\n'),
      zstdCompressSync('{"raw":"secret"}\n'),
      [],
    ]) {
      const { store, folder } = await folderWith(Uint8Array.from(body))
      await assert.rejects(headRejects(store, folder, { rows: 1, signal }), (error: Error) => {
        assert.deepEqual(Object(error).code, 'OBJECT_DAMAGED')
        assert.ok(!String(error.stack).includes('secret') && error.cause === undefined)
        return true
      })
    }
  })

  test('is no empty table where what its run was told is gone', async () => {
    const { store, folder } = await folderWith(zstdCompressSync(''))
    await assert.rejects(headDataset({ store, duckDb: bed.duckDb }, folder, { rows: 1, signal }), {
      code: 'OBJECT_UNREADABLE',
    })
  })
})
