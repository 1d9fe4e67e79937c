import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { MemoryObjectStore, type ObjectKey } from '../../../../codec/index.ts'
import { sealEnvelope } from '../../../../codec/seal-envelope.ts'
import { valueKey } from '../../../../codec/value-key.ts'
import type { BlobsPlace } from '../../../../src/inspect/blobs/blobs-place.ts'
import { missingReferences } from '../../../../src/inspect/blobs/missing-references.ts'
import {
  verifyObjects,
  type Finding,
  type VerifyRequest,
} from '../../../../src/inspect/blobs/verify-objects.ts'
import { fillStore, namespace, noise, parkBlobs, type FilledStore } from './filled-store.ts'
import { knownRuns } from './known-runs.ts'

const objectsOfEachKind = 90
const damages = 200

async function verify(place: BlobsPlace, request: Partial<VerifyRequest> = {}) {
  const findings: Finding[] = []
  const onFinding = (finding: Finding): void => void findings.push(finding)
  const summary = await verifyObjects(place, { ...request, onFinding })
  return { findings, summary }
}

/** As `blobs verify --references` does. */
async function verifyAll({ place, claims }: FilledStore) {
  const listed = new Set<string>()
  const found = await verify(place, { onListed: (key) => listed.add(key) })
  const input = { payloads: [...claims] }
  const event = { eventId: 1, eventType: 1, workflowExecutionStartedEventAttributes: { input } }
  const histories = knownRuns({ 'etl/flights': [event] })
  const isListed = (key: string): boolean => listed.has(key)
  for await (const finding of missingReferences(place, histories, { isListed })) {
    found.findings.push(finding)
  }
  return found
}

const damage = fc.record({
  kind: fc.constantFrom('flip', 'truncate', 'swap', 'swap with metadata', 'delete'),
  victim: fc.nat(),
  at: fc.nat(),
})

type Damage = typeof damage extends fc.Arbitrary<infer Value> ? Value : never

/** Does one thing to objects that are still whole; returns the keys of those that are not any more. */
async function harm(
  store: MemoryObjectStore,
  whole: ObjectKey[][],
  { kind, victim, at }: Damage,
): Promise<ObjectKey[]> {
  const groups = whole.filter((group) => group.length > 1)
  const group = groups[victim % groups.length] ?? []
  const take = (): ObjectKey => {
    const [key] = group.splice(victim % group.length, 1)
    if (key === undefined) throw new Error('too few objects for so many damages')
    return key
  }
  const key = take()
  const { body, options } = await read(store, key)
  switch (kind) {
    case 'flip': {
      const bit = at % (body.length * 8)
      body[bit >> 3] = (body[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      await store.put(key, body, options)
      return [key]
    }
    case 'truncate':
      await store.put(key, body.subarray(0, at % body.length), options)
      return [key]
    case 'delete':
      await store.delete([key])
      return [key]
    default: {
      const other = take()
      const second = await read(store, other)
      const isWhole = kind === 'swap with metadata'
      await store.put(key, second.body, isWhole ? second.options : options)
      await store.put(other, body, isWhole ? options : second.options)
      return [key, other]
    }
  }
}

async function read(store: MemoryObjectStore, key: ObjectKey) {
  const body = Buffer.from(await store.get(key))
  const { contentType = 'x', metadata = {} } = (await store.head(key)) ?? {}
  return { body, options: { contentType, metadata } }
}

describe('verifyObjects', () => {
  it('finds nothing in a bucket that is as it was written', async () => {
    const filled = await fillStore(10)
    const { findings, summary } = await verifyAll(filled)
    assert.deepEqual(findings, [])
    // The manifest and the list of pages have no digest.
    const { objects, intact, readable, foreign, damaged } = summary
    assert.deepEqual(
      { objects, intact, readable, foreign, damaged },
      {
        objects: 63,
        intact: 61,
        readable: 2,
        foreign: 0,
        damaged: 0,
      },
    )
  })

  it(`names every one of ${damages} flipped bits, truncations, swaps and deletions`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(damage, { minLength: damages, maxLength: damages }),
        async (planned) => {
          const filled = await fillStore(objectsOfEachKind)
          const { store, blobs, values, pages, parts, besideParts } = filled
          // A value that is gone is not named by any list; only histories tell.
          const whole = [[...blobs], [...pages], [...parts], [...besideParts]]
          const harmed: ObjectKey[] = []
          for (const each of planned) harmed.push(...(await harm(store, whole, each)))
          for (const [index, key] of values.entries()) {
            const { body, options } = await read(store, key)
            if (index % 2 === 0) continue
            await store.put(key, body.subarray(0, index), options)
            harmed.push(key)
          }
          const { findings } = await verifyAll(filled)
          assert.deepEqual(findings.map(({ key }) => key).toSorted(), harmed.toSorted())
        },
      ),
      // A case of two hundred damages does not get any clearer by being made smaller.
      { numRuns: 2, endOnFailure: true },
    )
  })

  it('looks at the lengths of what it has no key for, and says that it is locked', async () => {
    const { store, place, blobs } = await fillStore(3)
    const [, , , encrypted, cut] = blobs
    assert.ok(encrypted !== undefined && cut !== undefined)
    const { body, options } = await read(store, cut)
    await store.put(cut, body.subarray(0, body.length - 1), options)
    const { findings, summary } = await verify({ ...place, encryption: undefined })
    assert.deepEqual([summary.locked, summary.damaged, summary.intact], [2, 1, 16])
    const states = Object.fromEntries(findings.map(({ key, code }) => [key, code]))
    assert.deepEqual([states[encrypted], states[cut]], ['ENCRYPTION_KEY_MISSING', 'BLOB_DAMAGED'])
  })

  it('knows of a stream only that its frames are right, and what is not of this program', async () => {
    const { store, place } = await fillStore(1)
    const owner = { namespace, workflowId: 'w', runId: 'r' }
    const stream = valueKey(owner, '1.1.1')
    await store.put(stream, await sealEnvelope([Buffer.from(noise(10))], undefined), {
      contentType: 'x',
    })
    await store.put(`blobs/prod=2Feu/readme` as ObjectKey, Buffer.from('hi'), { contentType: 'x' })
    const { findings, summary } = await verify(place)
    assert.deepEqual([findings, summary.readable, summary.foreign], [[], 3, 1])
  })

  it('is not misled by what is written again or deleted while it looks', async () => {
    const { store, place, parts } = await fillStore(2)
    const [rewritten, deleted] = parts
    assert.ok(rewritten !== undefined && deleted !== undefined)
    const before = await read(store, rewritten)
    const getStream = store.getStream.bind(store)
    store.getStream = async (key, options) => {
      if (key === deleted) await store.delete([key])
      if (key !== rewritten) return getStream(key, options)
      // Between the metadata and the bytes, once.
      const now = await read(store, key)
      await store.put(key, Buffer.from('other'), now.options)
      const stream = await getStream(key, options)
      await store.put(key, now.body, now.options)
      store.getStream = async (...asked) => {
        if (asked[0] === deleted) await store.delete([deleted])
        return getStream(...asked)
      }
      return stream
    }
    const { findings, summary } = await verify(place, { prefixes: [rewritten, deleted] })
    assert.deepEqual([findings, summary.intact, summary.gone], [[], 1, 1])
    assert.deepEqual((await read(store, rewritten)).body, before.body)
  })

  it('goes on where an object is replaced while it is read', async () => {
    const { store, place, parts } = await fillStore(1)
    const [key] = parts
    assert.ok(key !== undefined)
    const getStream = store.getStream.bind(store)
    store.getStream = (asked, options) => {
      store.getStream = getStream
      return getStream(asked, { ...options, etag: 'of another' })
    }
    const { findings, summary } = await verify(place, { prefixes: [key] })
    assert.deepEqual([findings, summary.intact], [[], 1])
  })

  it('takes weeks, prefixes and samples', async () => {
    const store = new MemoryObjectStore()
    const claims = await parkBlobs(store, undefined, 20)
    assert.equal(claims.length, 20)
    const { signal } = new AbortController()
    const place = { store, namespace, encryption: undefined, signal }
    const count = async (request: Partial<VerifyRequest>): Promise<number> =>
      (await verify(place, request)).summary.objects
    assert.equal(await count({ sample: 7 }), 7)
    assert.equal(await count({ sample: 70 }), 20)
    assert.equal(await count({ prefixes: ['landing/'] }), 0)
    assert.equal(await count({ prefixes: ['blobs/'] }), 20)
  })
})
