import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitionKey, manifestKey, partKey } from '../../../activities/bucket-layout.ts'
import type { DatasetId } from '../../../activities/load-target.ts'
import { listDatasetFolders } from '../../../activities/retention/dataset-folders.ts'
import { MemoryObjectStore } from '../../../codec/index.ts'
import { objectionsTo } from '../../../src/inspect/datasets/removal.ts'

const datasetId = '11111111-2222-4333-8444-555555555555' as DatasetId
const run = { pipeline: 'stored', partition: '2001', datasetId }
const { signal } = new AbortController()

async function objections(...keys: readonly ReturnType<typeof manifestKey>[]): Promise<string[]> {
  const store = new MemoryObjectStore()
  for (const key of keys) await store.put(key, Buffer.from('{'), { contentType: 'x' })
  const [folder] = await listDatasetFolders(store, run)
  assert.ok(folder)
  const use = { kind: 'ended', endedAt: undefined } as const
  const ports = {
    store,
    runs: () => Promise.resolve({ partitionUse: () => Promise.resolve(use) }),
    loads: { findLoads: () => Promise.resolve([]) },
  }
  return objectionsTo(ports, folder, signal)
}

test('a sealed dataset of which nobody knows where it was loaded to stays', async () => {
  const unknown = ['nobody knows where it was loaded to, as its definition cannot be read']
  assert.deepEqual(await objections(manifestKey(run)), unknown)
  assert.deepEqual(await objections(manifestKey(run), definitionKey(run)), unknown)
})

test('what was never sealed may go', async () => {
  assert.deepEqual(await objections(partKey(run, 0)), [])
})
