import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PipelineError } from '../../../activities/index.ts'
import { pinItems, readItem } from '../../../activities/landing/item-list.ts'
import { listItems } from '../../../activities/list-items.ts'
import { ItemBed } from './item-bed.ts'

const places = (count: number) => Array.from({ length: count }, (_, index) => `file-${index}`)

function bedOf(names: readonly string[]): ItemBed {
  const bed = new ItemBed()
  for (const name of names) bed.add(name, '')
  return bed
}

describe('the items of a source', () => {
  test('are told by their position in the order that the source has them in', async () => {
    const names = ['b', 'a', ...places(2998), 'z']
    const bed = bedOf(names)
    assert.equal(await bed.begin(), 3001)
    for (const position of [0, 1, 999, 1000, 2999, 3000]) {
      const item = await readItem(bed.store, bed.run, position, {})
      assert.deepEqual(item, { place: names[position], version: 'v1', sizeBytes: null })
    }
    await assert.rejects(readItem(bed.store, bed.run, 3001, {}), RangeError)
  })

  test('may be none', async () => {
    assert.equal(await bedOf([]).begin(), 0)
  })

  test('stay as they were for a retry, whatever the source says meanwhile', async () => {
    const bed = bedOf(['a', 'b'])
    await bed.begin()
    bed.items.shift()
    assert.deepEqual(await listItems(bed.ports, { run: bed.run }, bed.attempt), { itemCount: 2 })
    assert.equal(bed.listings, 1)
    assert.equal((await readItem(bed.store, bed.run, 1, {})).place, 'b')
  })

  test('stay as they were when an attempt that was given up comes late', async () => {
    const bed = bedOf(['a', 'b'])
    await bed.begin()
    const late = { itemCount: 1, pageKeys: ['other'] }
    assert.equal((await pinItems(bed.store, bed.run, late, {})).itemCount, 2)
    assert.equal((await readItem(bed.store, bed.run, 0, {})).place, 'a')
    assert.equal(await bed.begin({ fromLanding: true }), 2)
  })

  test('are listed anew for each run, and are those of the dataset that is made again', async () => {
    const bed = bedOf(['a', 'b'])
    await bed.begin()
    const first = bed.run
    bed.items.shift()
    assert.equal(await bed.begin(), 1)
    assert.equal(await bed.begin({ fromLanding: true }), 1)
    assert.equal((await readItem(bed.store, bed.run, 0, {})).place, 'b')
    // Another run has used the landing meanwhile.
    assert.equal(await bed.begin({ fromLandingOf: first.datasetId }), 2)
    assert.equal((await readItem(bed.store, bed.run, 0, {})).place, 'a')
    assert.equal(await bed.begin({ fromLanding: true }), 2)
    assert.equal((await readItem(bed.store, first, 0, {})).place, 'a')
    assert.equal(bed.listings, 2)
  })

  test('may be as many as have numbers for their parts, and not one more', async () => {
    const bed = bedOf([])
    const maxItems = 262_144
    assert.equal((maxItems - 1) * 8192 + 8191, 2 ** 31 - 1)
    bed.ports = {
      ...bed.ports,
      items: {
        async *list() {
          const item = { place: 'p', version: '', sizeBytes: null }
          for (let index = 0; index <= maxItems; index += 1) yield item
        },
        open: () => Promise.reject(new Error('not opened')),
      },
    }
    await assert.rejects(
      bed.begin(),
      (error: unknown) =>
        error instanceof PipelineError &&
        error.code === 'ITEM_LIMIT_EXCEEDED' &&
        /more than 262144 items/.test(error.message),
    )
    // All thousands but the last one, which would have been written with one item fewer.
    const pages = bed.store.written.filter((key) => key.includes('/items-'))
    assert.equal(pages.length, Math.floor(maxItems / 1000))
  })
})
