import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import type { ObjectKey } from '../../codec/index.ts'
import { refuse, startFakeS3, type SeenRequest } from '../unit/codec/fake-s3-server.ts'
import { StoredObjects } from '../unit/codec/stored-objects.ts'

const key = 'folder/object' as ObjectKey
const path = '/bucket/folder/object'
const WRITERS = 20

type Refusal = readonly [status: number, code: string] | undefined

const EXISTS: Refusal = [412, 'PreconditionFailed']
const NOT_MODIFIED: Refusal = [304, 'NotModified']
const UNDER_WAY: Refusal = [409, 'ConditionalRequestConflict']
const UNKNOWN: Refusal = [501, 'NotImplemented']

/** What a store answers to the n-th write with `If-None-Match`, counted from 0. */
const habits: Readonly<Record<string, (index: number) => Refusal>> = {
  '412 to all but the first': (index) => (index === 0 ? undefined : EXISTS),
  '304 to all but the first': (index) => (index === 0 ? undefined : NOT_MODIFIED),
  '409 while a write is under way, then 412': (index) =>
    index === 0 ? undefined : index < 2 * WRITERS ? UNDER_WAY : EXISTS,
  '501 to all': () => UNKNOWN,
  '200 to all: it ignores the condition': () => undefined,
  '200, 412, 304, 409 and 501 in turn': (index) =>
    [undefined, EXISTS, NOT_MODIFIED, UNDER_WAY, UNKNOWN][index % 5],
}

const MIB = 1024 * 1024
const shapes = [
  { shape: '8 MiB at once, in one request', sizeBytes: 8 * MIB, partBytes: 8 * MIB },
  { shape: 'MiB at once, in parts', sizeBytes: MIB, partBytes: MIB / 4 },
]

for (const { shape, sizeBytes, partBytes } of shapes) {
  describe(`twenty writers of the same ${shape}`, () => {
    const body = randomBytes(sizeBytes)
    for (const [habit, refusalOf] of Object.entries(habits)) {
      it(`all get through where the store answers ${habit}`, async () => {
        const objects = new StoredObjects()
        let conditional = 0
        await using fake = await startFakeS3(
          (request, response) => {
            const refusal = isConditional(request) ? refusalOf(conditional++) : undefined
            if (refusal !== undefined) refuse(response, ...refusal)
            else objects.answer(request, response)
          },
          { partBytes },
        )
        const outcomes = await Promise.all(
          Array.from({ length: WRITERS }, async () =>
            fake.store.putIfAbsent(key, body, { contentType: 'x/y' }),
          ),
        )
        assert.ok(conditional > 0)
        assert.ok(outcomes.includes('written'))
        assert.equal(
          outcomes.filter((outcome) => outcome === 'written').length,
          objects.writes.get(path),
        )
        assert.ok(body.equals(objects.bodies.get(path) ?? Buffer.of()))
        assert.deepEqual([...objects.bodies.keys()], [path])
        assert.equal(unfinished(fake.seen), 0)
      })
    }
  })
}

describe('a writer that waits for another one', () => {
  it('ends with the reason of its signal', async () => {
    const abort = new AbortController()
    await using fake = await startFakeS3((_, response) => {
      refuse(response, 409, 'ConditionalRequestConflict')
      response.on('close', () => abort.abort(new Error('enough')))
    })
    const options = { contentType: 'x/y', signal: abort.signal }
    await assert.rejects(fake.store.putIfAbsent(key, Buffer.from('x'), options), /enough/)
    assert.equal(fake.seen.length, 1)
  })
})

/** The condition of an upload in parts comes with its completion. */
function isConditional({ headers }: SeenRequest): boolean {
  return headers['if-none-match'] !== undefined
}

/** Uploads in parts that were begun and neither completed nor aborted. */
function unfinished(seen: readonly SeenRequest[]): number {
  const begun = seen.filter(({ url }) => url.includes('uploads')).length
  const idsEnded = seen
    .filter(({ method, url }) => method !== 'PUT' && url.includes('uploadId'))
    .map(({ url }) => new URL(url, 'http://fake').searchParams.get('uploadId'))
  return begun - new Set(idsEnded).size
}
