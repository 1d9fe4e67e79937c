import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { findJson, getJson, putJson, putJsonOnce } from '../../../activities/json-object.ts'
import { landedBatch } from '../../../activities/landing/landed-batch.ts'
import { readBatch } from '../../../activities/landing/read-batch.ts'
import { MemoryObjectStore, type ObjectKey } from '../../../codec/index.ts'
import { verifyObjects, type Finding } from '../../../src/inspect/blobs/verify-objects.ts'

const key = 'landing/p/2001/f/0001/batch-0000000-c.json' as ObjectKey
const page = { digest: '0'.repeat(64), sizeBytes: 9, records: 1, recordsStart: 12 }
const batch = {
  pages: [{ ...page, key: 'landing/p/2001/f/0001/page-0000000-c.json.zst' }],
  next: '17',
  anchor: null,
  storedBytes: 9,
}

/** Changes the bytes of an object, and nothing of what stands beside it. */
async function change(store: MemoryObjectStore, edit: (body: Buffer) => Buffer): Promise<void> {
  const body = edit(Buffer.from(await store.get(key)))
  const { contentType = '', metadata = {} } = (await store.head(key)) ?? {}
  await store.put(key, body, { contentType, metadata })
}

describe('an object of JSON', () => {
  for (const put of [putJson, putJsonOnce]) {
    test(`is never read with a bit that was flipped, by ${put.name}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(), async (at) => {
          const store = new MemoryObjectStore()
          await put(store, key, batch)
          assert.deepEqual(await getJson(store, key, landedBatch), batch)
          await change(store, (body) => {
            const bit = at % (body.length * 8)
            body[bit >> 3] = (body[bit >> 3] ?? 0) ^ (1 << (bit & 7))
            return body
          })
          await assert.rejects(getJson(store, key, landedBatch), { code: 'OBJECT_UNREADABLE' })
        }),
      )
    })
  }

  test('with another cursor, page or position is a list that no load follows, and that is found', async () => {
    for (const [from, to] of [
      ['"next": "17"', '"next": "97"'],
      ['"recordsStart": 12', '"recordsStart": 13'],
      ['page-0000000', 'page-0000001'],
    ] as const) {
      const store = new MemoryObjectStore()
      await putJson(store, key, batch)
      await change(store, (body) => Buffer.from(body.toString().replace(from, to)))
      await assert.rejects(readBatch(store, { batchKey: key }, {}), {
        code: 'OBJECT_UNREADABLE',
        message: /SHA-256 is another \[bucket=memory, key=landing/,
      })
      const findings: Finding[] = []
      const { signal } = new AbortController()
      const place = { store, namespace: 'default', encryption: undefined, signal }
      await verifyObjects(place, { onFinding: (finding) => void findings.push(finding) })
      assert.ok(findings.some((found) => found.key === key && found.state === 'damaged'))
    }
  })

  test('of an earlier version, which has no digest, is read', async () => {
    const store = new MemoryObjectStore()
    const body = Buffer.from(JSON.stringify(batch))
    await store.put(key, body, { contentType: 'application/json' })
    assert.deepEqual(await findJson(store, key, landedBatch), batch)
  })

  test('that is written again between two looks is read as it is by then', async () => {
    class Rewriting extends MemoryObjectStore {
      rewrites = 1
      override async get(...[asked, options]: Parameters<MemoryObjectStore['get']>) {
        if (this.rewrites > 0) {
          this.rewrites -= 1
          await putJson(this, key, { look: 'second' })
        }
        return super.get(asked, options)
      }
    }
    const store = new Rewriting()
    await putJson(store, key, { look: 'first' })
    const schema = z.object({ look: z.string() })
    assert.deepEqual(await findJson(store, key, schema), { look: 'second' })
    assert.equal(await findJson(store, 'other' as ObjectKey, schema), undefined)
  })
})
