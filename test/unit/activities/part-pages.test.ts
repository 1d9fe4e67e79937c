import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { definitionKey } from '../../../activities/bucket-layout.ts'
import { findPartOrigins } from '../../../activities/landing/part-pages.ts'
import { landedBatch } from '../../../activities/landing/landed-batch.ts'
import type { DatasetId } from '../../../activities/load-target.ts'
import type { RunReference } from '../../../activities/run-reference.ts'
import type { MemoryObjectStore, ObjectKey } from '../../../codec/index.ts'
import { ItemBed } from './item-bed.ts'
import { WalkedSource } from './walked-source.ts'

const walked: RunReference = {
  pipeline: 'walked',
  partition: '2001',
  datasetId: 'dataset' as DatasetId,
  landing: { fetchKey: 'f', sequence: 1 },
}

async function pagesOf(
  store: MemoryObjectStore,
  run: RunReference,
  parts: readonly number[],
): Promise<ReadonlyMap<number, readonly string[]>> {
  const origins = await findPartOrigins(store, run, new Set(parts))
  assert.equal(origins.kind, 'pages')
  return origins.kind === 'pages' ? origins.pages : new Map()
}

async function keysOfBatch(store: MemoryObjectStore, key: string): Promise<string[]> {
  const text = Buffer.from(await store.get(key as ObjectKey)).toString()
  return landedBatch.parse(JSON.parse(text)).pages.map((page) => page.key)
}

describe('the pages that a part was made from', () => {
  test('are those of its batch, where another walk has left batches too', async () => {
    const next = { kind: 'page', parameter: 'page', first: 1 } as const
    const answer = (page: string | undefined) =>
      Number(page ?? 1) > 5 ? '[]' : `[{"id":${page ?? 1}}]`
    const source = new WalkedSource(next, answer, { limits: { batchBytes: 15 } })
    const { store } = source
    const { batches } = await source.walk()
    assert.deepEqual(
      batches.map(({ pages }) => pages),
      [2, 2, 2],
    )
    // Left there by a run that made smaller batches.
    const stray = 'landing/walked/2001/f/0001/batch-0000001-0000000000000000.json' as ObjectKey
    await store.put(stray, await store.get(batches[0]?.batchKey as ObjectKey), {
      contentType: 'application/json',
    })
    const found = await pagesOf(store, walked, [0, 2])
    assert.deepEqual(
      [...found],
      [
        [0, await keysOfBatch(store, batches[0]?.batchKey ?? '')],
        [2, await keysOfBatch(store, batches[2]?.batchKey ?? '')],
      ],
    )
    assert.equal(found.get(2)?.length, 2)

    await store.delete([batches[1]?.batchKey as ObjectKey])
    assert.deepEqual([...(await pagesOf(store, walked, [0, 2])).keys()], [0])
    await store.delete([definitionKey(walked)])
    assert.deepEqual(await findPartOrigins(store, walked, new Set([0])), { kind: 'unknown' })
  })

  test('are those of the version of an item that was read, found by the number of the part', async () => {
    const bed = new ItemBed({ limits: { batchBytes: 11 } })
    const lines = '{"id":111}\n{"id":112}\n'
    bed.add('a.ndjson', lines)
    const item = bed.add('b.ndjson', lines)
    await bed.begin()
    await bed.land(0)
    await bed.land(1)
    const first = bed.run
    const keysAt = async (run: RunReference, number: number) =>
      (await pagesOf(bed.store, run, [number])).get(number)
    item.version = 'v2'
    await bed.begin()
    await bed.land(1)
    // Now it changes after it was listed, as it once was.
    item.listed = 'v1'
    item.version = 'v3'
    await bed.begin()
    await bed.land(0)
    const changed = await bed.land(1)
    const { batchKeys } = JSON.parse(
      Buffer.from(await bed.store.get(changed.landedKey as ObjectKey)).toString(),
    ) as { batchKeys: string[] }
    assert.deepEqual(
      await keysAt(bed.run, 8192 + 1),
      await keysOfBatch(bed.store, batchKeys[1] ?? ''),
    )
    assert.deepEqual(await keysAt(bed.run, 0), await keysAt(first, 0))
    assert.notDeepEqual(await keysAt(bed.run, 8192), await keysAt(first, 8192))
    assert.notDeepEqual(await keysAt(bed.run, 0), await keysAt(bed.run, 1))
    assert.equal(await keysAt(bed.run, 8192 + 2), undefined)

    // What is made from the landing of the first run is made of what that has listed.
    await bed.begin({ fromLandingOf: first.datasetId })
    const again = await bed.land(1)
    const listed = JSON.parse(
      Buffer.from(await bed.store.get(again.landedKey as ObjectKey)).toString(),
    ) as { batchKeys: string[] }
    assert.deepEqual(
      await keysAt(bed.run, 8192),
      await keysOfBatch(bed.store, listed.batchKeys[0] ?? ''),
    )
  })
})
