import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import {
  definitionKey,
  manifestKey,
  partKey,
  rejectsKey,
} from '../../../activities/bucket-layout.ts'
import { fetchKeyOf } from '../../../activities/fetch-key.ts'
import { getJson, putJson } from '../../../activities/json-object.ts'
import type { DatasetId } from '../../../activities/load-target.ts'
import type { DatasetFolder } from '../../../activities/retention/dataset-folders.ts'
import { listDatasetFolders } from '../../../activities/retention/dataset-folders.ts'
import { datasetManifest, sealDataset } from '../../../activities/seal-dataset.ts'
import { sealObject } from '../../../activities/sealed-object.ts'
import type { MemoryObjectStore, ObjectKey } from '../../../codec/index.ts'
import type { KnownLoads } from '../../../src/inspect/datasets/find-known-loads.ts'
import { verifyDataset } from '../../../src/inspect/datasets/verify-dataset.ts'
import { randomNumbers } from '../../e2e/support/random-numbers.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { columnsOf } from '../activities/convert-bodies.ts'
import { attempt, storedDataset } from '../activities/stored-dataset.ts'
import { z } from 'zod'

const datasetId = '11111111-2222-4333-8444-555555555555' as DatasetId
const run = {
  pipeline: 'stored',
  partition: '2001',
  datasetId,
  landing: { fetchKey: '', sequence: 1 },
}
const parts = [0, 1, 2].map((number) => partKey(run, number))

describe('verifying a dataset', () => {
  const bed = useDuckDb()
  let store: MemoryObjectStore

  before(async () => {
    const made = await storedDataset(bed, columnsOf({ id: 'integer', t: 'text' }), {})
    ;({ store } = made)
    const written = await writtenDefinition(store)
    const { definition, interval } = written
    const fetchKey = await fetchKeyOf(definition.source, {
      partition: run.partition,
      interval,
      highWaterMark: undefined,
    })
    run.landing = { fetchKey, sequence: 1 }
    await putJson(store, definitionKey(run), { ...written, landing: run.landing })
    for (const [number, key] of parts.entries()) {
      const select = `SELECT (i + ${number * 1000})::INTEGER AS id, 'row ' || i AS t FROM range(1000) AS r(i)`
      const rejects = number === 0 ? '2' : '0'
      const records = number === 0 ? '1002' : '1000'
      await made.putPart(key, select, { records, converted: '1000', rejects })
    }
    const reject = { page: 'p', record: 0, line: null, reason: 'id: bad', fields: {}, raw: null }
    const lines = [reject, { ...reject, record: 1 }].map((line) => `${JSON.stringify(line)}\n`)
    await store.put(rejectsKey(run, 0), zstdCompressSync(lines.join('')), {
      contentType: 'application/zstd',
      metadata: { rows: '2' },
    })
    const counts = { partCount: 3, rowCount: 3000, rejectCount: 2 }
    await sealDataset(made.ports, { run, ...counts }, attempt)
  })

  async function verify(loads: KnownLoads = 'unknown') {
    const [folder] = await listDatasetFolders(store, { pipeline: 'stored' })
    assert.ok(folder)
    const verified = await verifyListed(folder, loads)
    assert.ok(verified)
    return verified
  }

  function verifyListed(folder: DatasetFolder, loads: KnownLoads = 'unknown') {
    return verifyDataset(store, { folder, loads: () => Promise.resolve(loads), ...attempt })
  }

  /** Does something to the store, verifies, and puts back what was there. */
  async function after(
    keys: readonly ObjectKey[],
    damage: () => Promise<void>,
    loads?: KnownLoads,
  ): Promise<string[]> {
    const kept = await Promise.all(
      keys.map(async (key) => ({ key, body: await store.get(key), head: await store.head(key) })),
    )
    await damage()
    try {
      return (await verify(loads)).damage.map(({ key, problem }) => `${key} ${problem}`)
    } finally {
      for (const { key, body, head } of kept) {
        const { contentType = '', metadata = {} } = head ?? {}
        await store.put(key, body, { contentType, metadata })
      }
    }
  }

  async function change(key: ObjectKey, edit: (body: Buffer) => Buffer): Promise<void> {
    const head = await store.head(key)
    const { contentType = '', metadata = {} } = head ?? {}
    await store.put(key, edit(Buffer.from(await store.get(key))), { contentType, metadata })
  }

  /** As its writer would, with the digest of what it is then. */
  async function rewrite(key: ObjectKey, edit: (body: Buffer) => Buffer): Promise<void> {
    await putJson(store, key, JSON.parse(edit(Buffer.from(await store.get(key))).toString()))
  }

  test('finds nothing where all is as it was written', async () => {
    assert.deepEqual(await verify(), {
      datasetId,
      pipeline: 'stored',
      partition: '2001',
      state: 'sealed',
      verdict: 'intact',
      parts: 3,
      damage: [],
    })
  })

  test('finds each of 200 flipped bits, truncations, swaps and deletions, and names it', async () => {
    const random = randomNumbers(41)
    const upTo = (count: number): number => Math.floor(random() * count)
    const named = [...parts, manifestKey(run), rejectsKey(run, 0), definitionKey(run)]
    for (let round = 0; round < 200; round += 1) {
      const key = named[upTo(named.length)] ?? manifestKey(run)
      const other = parts.filter((part) => part !== key)[upTo(2)] ?? key
      const isPart = parts.includes(key)
      const kinds = {
        flip: () =>
          change(key, (body) => {
            const at = upTo(body.length)
            body[at] = (body[at] ?? 0) ^ (1 << upTo(8))
            return body
          }),
        cut: () => change(key, (body) => body.subarray(0, upTo(body.length))),
        swap: async () => {
          const [one, two] = [await store.get(key), await store.get(other)]
          const heads = [await store.head(key), await store.head(other)]
          const [mine = {}, its = {}] = heads.map((head) => head?.metadata)
          await store.put(key, two, { contentType: 'x', metadata: its })
          await store.put(other, one, { contentType: 'x', metadata: mine })
        },
        remove: () => store.delete([key]),
      }
      const kind = (['flip', 'cut', 'swap', 'remove'] as const)[upTo(4)] ?? 'flip'
      if (kind === 'swap' && !isPart) continue
      const loads = [{ datasetId, target: 'public.t', loadedAt: new Date() }]
      const found = await after([key, other], kinds[kind], loads)
      assert.ok(
        found.some(
          (damage) =>
            damage.startsWith(`${key} `) || damage.includes('or the manifest was changed'),
        ),
        `${kind} of ${key}, round ${round}: ${found.join('; ')}`,
      )
    }
  })

  test('compares every figure of the manifest with another object', async () => {
    const edits: readonly (readonly [string, string])[] = [
      ['"partition": "2001"', '"partition": "2002"'],
      ['2002-01-01', '2003-01-01'],
      ['"requestedAt": "2001', '"requestedAt": "2011'],
      ['"sequence": 1', '"sequence": 2'],
      ['"kind": "text"', '"kind": "json"'],
      ['"recordCount": 3002', '"recordCount": 3003'],
      ['"convertedCount": 3000', '"convertedCount": 3001'],
      ['"rowCount": 3000', '"rowCount": 3001'],
      ['"rejectCount": 2', '"rejectCount": 3'],
      ['"partNumber": 1', '"partNumber": 4'],
      ['part-00002', 'part-00001'],
      ['"recordCount"', '"recordCounu"'],
      ['  "pipeline"', ' "pipeline"'],
    ]
    const key = manifestKey(run)
    for (const [written, now] of edits) {
      const found = await after([key], () =>
        change(key, (body) => Buffer.from(body.toString().replace(written, now))),
      )
      assert.ok(
        found.some((damage) => damage.startsWith(`${key} `)),
        `${now}: ${found.join('; ')}`,
      )
    }
  })

  test('finds what is wrong with rejects and definition', async () => {
    const rejects = rejectsKey(run, 0)
    const definition = definitionKey(run)
    const cut = (key: ObjectKey) =>
      after([key], () => change(key, (body) => body.subarray(0, body.length - 5)))
    const gone = (key: ObjectKey) => after([key], () => store.delete([key]))
    const unreadable = `${definition} is not the definition that was written`
    assert.deepEqual(await cut(rejects), [`${rejects} cannot be read`])
    assert.deepEqual(await gone(rejects), [
      `${rejects} is not in the store`,
      `${manifestKey(run)} has another rejectCount than the rest says`,
    ])
    assert.deepEqual(await cut(definition), [unreadable])
    assert.deepEqual(await gone(definition), [`${definition} is not in the store`])
    const otherSource = (body: Buffer): Buffer =>
      Buffer.from(body.toString().replace('source.', 'sourca.'))
    const changed = await after([definition], () => change(definition, otherSource))
    assert.deepEqual(changed, [unreadable])
    const source = await after([definition], () => rewrite(definition, otherSource))
    assert.deepEqual(source, [
      `${definition} has another source or interval than its landing is of`,
    ])
    assert.equal((await verify()).verdict, 'intact')
  })

  test('finds what reads well and is not what was sealed, where the manifest has digests', async () => {
    const rejects = rejectsKey(run, 0)
    const definition = definitionKey(run)
    const manifest = manifestKey(run)
    const otherReason = () =>
      change(rejects, (body) => {
        const lines = zstdDecompressSync(body).toString().replace('id: bad', 'id: sad')
        return zstdCompressSync(lines)
      })
    const otherLimit = () =>
      rewrite(definition, (body) => Buffer.from(body.toString().replace('"max": 9', '"max": 8')))
    const changed = 'it or the manifest was changed'
    const [ofRejects = '', ...rest] = await after([rejects], otherReason)
    assert.ok(ofRejects.startsWith(`${rejects} has `) && ofRejects.endsWith(changed), ofRejects)
    assert.deepEqual(rest, [])
    assert.deepEqual(await after([definition], otherLimit), [
      `${definition} has another SHA-256: ${changed}`,
    ])
    const more = rejectsKey(run, 1)
    const added = await after([rejects], async () => {
      await store.put(more, await store.get(rejects), { contentType: 'x', metadata: { rows: '2' } })
    })
    await store.delete([more])
    assert.ok(added.includes(`${more} was not there when the dataset was sealed`), added.join('; '))
    const found = await after([manifest, rejects, definition], async () => {
      await change(manifest, asOfEarlierVersion)
      await otherReason()
      await otherLimit()
    })
    assert.deepEqual(found, [])
  })

  test('takes parts of a run that was given up by their own word', async () => {
    const key = parts[1] ?? parts[0]
    assert.ok(key)
    const manifest = manifestKey(run)
    assert.deepEqual(await after([manifest], () => store.delete([manifest])), [])
    const found = await after([manifest, key], async () => {
      await store.delete([manifest])
      await change(key, (body) => body.subarray(1))
    })
    assert.deepEqual(found, [`${key} has another SHA-256 than it says`])
  })

  test('looks again at what was sealed, or deleted, since it was listed', async () => {
    const [sealed] = await listDatasetFolders(store, { pipeline: 'stored' })
    assert.ok(sealed)
    const loads = [{ datasetId, target: 'public.t', loadedAt: new Date() }]
    const meanwhile = await verifyListed({ ...sealed, isSealed: false, objectCount: 4 }, loads)
    assert.deepEqual([meanwhile?.state, meanwhile?.damage], ['sealed', []])
    const begun = await verifyListed({ ...sealed, isSealed: false, hasDefinition: false })
    assert.deepEqual(begun?.damage, [])
    const another = '99999999-2222-4333-8444-555555555555' as DatasetId
    assert.equal(await verifyListed({ ...sealed, datasetId: another }), undefined)
  })

  test('counts the records of parts by how they were made, not by what the pipeline does now', async () => {
    const manifest = manifestKey(run)
    const definition = definitionKey(run)
    const transform = { scope: 'dataset', sql: 'SELECT * FROM input' }
    const found = await after([manifest, definition], async () => {
      await rewrite(definition, (body) => {
        const written = asObject.parse(JSON.parse(body.toString()))
        return jsonText({ ...written, definition: { ...written.definition, transform } })
      })
      const sealed = await sealObject(store, definition, attempt)
      await change(manifest, (body) =>
        jsonText({
          ...datasetManifest.parse(JSON.parse(body.toString())),
          partsOf: datasetId,
          definition: sealed,
        }),
      )
    })
    assert.deepEqual(found, [])
  })
})

const asObject = z.looseObject({ definition: z.looseObject({}) })

function jsonText(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`)
}

/** Without the digests that earlier versions did not keep. */
function asOfEarlierVersion(body: Buffer): Buffer {
  const { rejects: _, definition: __, ...kept } = datasetManifest.parse(JSON.parse(body.toString()))
  return jsonText(kept)
}

async function writtenDefinition(store: MemoryObjectStore) {
  const keys: ObjectKey[] = []
  for await (const { key } of store.list('datasets/')) keys.push(key)
  const [key] = keys
  assert.ok(key)
  const schema = z.looseObject({
    definition:
      z.custom<
        Parameters<typeof fetchKeyOf>[0] extends infer Source ? { source: Source } : never
      >(),
    interval: z.object({ start: z.string(), end: z.string() }),
  })
  const written = await getJson(store, key, schema)
  await store.delete([key])
  return written
}
