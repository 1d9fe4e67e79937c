import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  blobKey,
  digestOf,
  generationOf,
  MemoryObjectStore,
  type Digest,
  type Generation,
  type ObjectKey,
} from '../../../../codec/index.ts'
import { exitCodeOf } from '../../../../src/exit-code.ts'
import type { BlobsPlace } from '../../../../src/inspect/blobs/blobs-place.ts'
import { findObject } from '../../../../src/inspect/blobs/find-object.ts'
import { keyPrefixes } from '../../../../src/inspect/blobs/key-prefixes.ts'
import {
  listBlobs,
  listGenerations,
  type BlobsFilter,
} from '../../../../src/inspect/blobs/list-blobs.ts'
import { parseObjectName } from '../../../../src/inspect/blobs/parse-object-name.ts'

const weekOf = (day: string): Generation => generationOf(new Date(day))
const oldest = weekOf('2026-11-02')
const newest = weekOf('2026-11-23')
const weeks = [oldest, weekOf('2026-11-09'), newest]
const digests = ['aaaa0', 'aaaa1', 'bbbb0'].map((start) => start.padEnd(64, '0') as Digest)
const [first = '' as Digest, , third = '' as Digest] = digests

/** `aaaa0…` in all weeks, the others in the last one; and things that are no blobs. */
async function filled(): Promise<BlobsPlace> {
  const store = new MemoryObjectStore()
  const put = (key: string, bytes = 1) =>
    store.put(key as ObjectKey, Buffer.alloc(bytes), { contentType: 'x' })
  for (const generation of weeks) await put(blobKey({ namespace: 'n', generation, digest: first }))
  for (const [index, digest] of digests.entries()) {
    await put(blobKey({ namespace: 'n', generation: newest, digest }), index + 1)
  }
  await put('blobs/n/README')
  await put('blobs/n/2026-W99/x')
  await put(blobKey({ namespace: 'n-2', generation: oldest, digest: third }))
  return { store, namespace: 'n', encryption: undefined, signal: new AbortController().signal }
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  return Array.fromAsync(items)
}

describe('listBlobs', () => {
  it('lists the weeks that there are blobs of, and of what is no blob nothing', async () => {
    const place = await filled()
    assert.deepEqual(await all(listGenerations(place)), weeks)
    assert.equal((await all(listBlobs(place))).length, 5)
  })

  it('filters by week, by the beginning of a digest and by size', async () => {
    const place = await filled()
    const found = async (filter: BlobsFilter): Promise<string[]> =>
      (await all(listBlobs(place, filter))).map(
        ({ digest, generation }) => `${generation}/${digest.slice(0, 5)}`,
      )
    assert.deepEqual(await found({ generation: weeks[0] }), [`${weeks[0]}/aaaa0`])
    assert.deepEqual(await found({ digestPrefix: 'aaaa' }), [
      `${weeks[0]}/aaaa0`,
      `${weeks[1]}/aaaa0`,
      `${weeks[2]}/aaaa0`,
      `${weeks[2]}/aaaa1`,
    ])
    assert.deepEqual(await found({ generation: weeks[2], digestPrefix: 'b' }), [
      `${weeks[2]}/bbbb0`,
    ])
    assert.deepEqual(await found({ largerThanBytes: 2 }), [`${weeks[2]}/bbbb0`])
  })

  it('makes keys of what a person calls a beginning', async () => {
    const place = await filled()
    assert.deepEqual(await keyPrefixes(place, ['landing', 'blobs/n/2026-W45']), [
      'landing/',
      'blobs/n/2026-W45',
    ])
    assert.deepEqual(
      await keyPrefixes(place, ['AB']),
      weeks.map((week) => `blobs/n/${week}/ab`),
    )
    assert.deepEqual(await keyPrefixes(place, ['landing/p/2001', 'landing', 'ab', 'landing/']), [
      'landing/',
      ...weeks.map((week) => `blobs/n/${week}/ab`),
    ])
    await assert.rejects(keyPrefixes(place, ['datasetses/x']), { code: 'BLOB_NAME_INVALID' })
  })
})

describe('findObject', () => {
  it('finds a blob by a beginning that fits one digest, in the newest of its weeks', async () => {
    const place = await filled()
    assert.deepEqual(await findObject(place, parseObjectName('AAAA0')), {
      key: blobKey({ namespace: 'n', generation: newest, digest: first }),
      claimed: undefined,
      generations: weeks,
    })
  })

  it('names the candidates where several fit', async () => {
    const place = await filled()
    await assert.rejects(findObject(place, parseObjectName('aaaa')), (error: unknown) => {
      assert.ok(error instanceof Error && 'remedy' in error && 'code' in error)
      assert.equal(error.code, 'BLOB_AMBIGUOUS')
      assert.ok(String(error.remedy).includes(`${digests[0]}, ${digests[1]}.`))
      assert.equal(exitCodeOf(error), 2)
      return true
    })
  })

  it('finds objects of any folder by their keys, and of another namespace', async () => {
    const place = await filled()
    const key = blobKey({ namespace: 'n-2', generation: oldest, digest: third })
    assert.deepEqual((await findObject(place, parseObjectName(key))).generations, [weeks[0]])
    await place.store.put('landing/a/b/c/0000/page-1.json.zst' as ObjectKey, Buffer.alloc(1), {
      contentType: 'x',
    })
    const page = await findObject(place, parseObjectName('landing/a/b/c/0000/page-1.json.zst'))
    assert.deepEqual(page.generations, [])
  })

  it('says that there is none', async () => {
    const place = await filled()
    for (const name of ['cccc', 'datasets/a/b/c/manifest.json', `blobs/n/2026-W01/${first}`]) {
      await assert.rejects(findObject(place, parseObjectName(name)), (error: unknown) => {
        assert.equal(exitCodeOf(error), 4)
        return true
      })
    }
  })
})

describe('parseObjectName', () => {
  it('reads claims of both kinds, with what they say of the bytes', async () => {
    const digest = await digestOf(Buffer.from('x'))
    const facts = { claim: 1, bucket: 'b', digest, sizeBytes: 1, storedBytes: 9 }
    const blob = {
      ...facts,
      kind: 'blob',
      key: `blobs/n/2026-W48/${digest}`,
      encoding: 'json/plain',
      generation: '2026-W48',
    }
    const value = { ...facts, kind: 'value', key: `values/n/w/r/1.1.1`, encoding: 'binary/stream' }
    for (const claim of [blob, value]) {
      assert.deepEqual(parseObjectName(` ${JSON.stringify(claim)}\n`), {
        kind: 'key',
        key: claim.key,
        claimed: { digest, sizeBytes: 1 },
      })
    }
    assert.throws(() => parseObjectName(JSON.stringify({ ...blob, claim: 2 })), {
      code: 'CLAIM_VERSION_UNKNOWN',
    })
    assert.throws(() => parseObjectName(JSON.stringify({ ...value, kind: 'other' })), {
      code: 'CLAIM_MALFORMED',
    })
  })

  it('refuses what names nothing', () => {
    for (const text of ['', 'abc', 'xyzw', 'a'.repeat(65), 'other/key', 'blobs/', '{']) {
      assert.throws(
        () => parseObjectName(text),
        (error: unknown) => {
          assert.ok(error instanceof Error && 'code' in error)
          assert.match(String(error.code), /^(BLOB_NAME_INVALID|CLAIM_MALFORMED)$/)
          return true
        },
      )
    }
  })
})
