import { randomBytes } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import type { Payload } from '@temporalio/common'
import {
  batchKey,
  definitionKey,
  manifestKey,
  pageKey,
  partKey,
  rejectsKey,
} from '../../../../activities/bucket-layout.ts'
import type { DatasetId } from '../../../../activities/index.ts'
import { landPage } from '../../../../activities/landing/page-store.ts'
import { sealObject } from '../../../../activities/sealed-object.ts'
import {
  ClaimCheckCodec,
  digestOf,
  MemoryObjectStore,
  staticKeys,
  type EncryptionKeys,
  type ObjectKey,
} from '../../../../codec/index.ts'
import { parseClaimPayload } from '../../../../codec/claim-payload.ts'
import { sealEnvelope } from '../../../../codec/seal-envelope.ts'
import { valueKey } from '../../../../codec/value-key.ts'
import type { BlobsPlace } from '../../../../src/inspect/blobs/blobs-place.ts'

export const namespace = 'prod/eu'
export const keys = staticKeys({ keys: { 'of-test': randomBytes(32) } })

export const run = {
  pipeline: 'flights',
  partition: '2001-01',
  datasetId: '0b6c1a52-3f5e-4c5e-8f0e-1d2a3b4c5d6e' as DatasetId,
  landing: { fetchKey: 'f1', sequence: 0 },
}

export interface FilledStore {
  readonly store: MemoryObjectStore
  readonly place: BlobsPlace
  /** What stands in histories for the blobs. */
  readonly claims: readonly Payload[]
  readonly blobs: readonly ObjectKey[]
  readonly values: readonly ObjectKey[]
  readonly pages: readonly ObjectKey[]
  readonly parts: readonly ObjectKey[]
  /** What was set aside, and the definition. */
  readonly besideParts: readonly ObjectKey[]
}

/** A bucket with so many objects of each kind, as the writers of this program leave them. */
export async function fillStore(count: number): Promise<FilledStore> {
  const store = new MemoryObjectStore()
  const claims: Payload[] = []
  for (const encryption of [undefined, keys]) {
    claims.push(...(await parkBlobs(store, encryption, count)))
  }
  const values = await putValues(store, count)
  const pages = await putPages(store, count)
  const { parts, besideParts } = await putDataset(store, count)
  const { signal } = new AbortController()
  const place = { store, namespace, encryption: keys, signal }
  const blobs = claims.map((claim) => parseClaimPayload(claim).key)
  return { store, place, claims, blobs, values, pages, parts, besideParts }
}

export async function parkBlobs(
  store: MemoryObjectStore,
  encryption: EncryptionKeys | undefined,
  count: number,
): Promise<Payload[]> {
  const codec = new ClaimCheckCodec({
    store,
    namespace,
    thresholdBytes: 1024,
    ...(encryption === undefined ? {} : { encryption }),
  })
  const values = Array.from({ length: count }, (_, index) => ({ index, noise: noise(1200) }))
  return codec.encode(
    values.map((value) => ({
      metadata: { encoding: Buffer.from('json/plain') },
      data: Buffer.from(JSON.stringify(value)),
    })),
  )
}

async function putValues(store: MemoryObjectStore, count: number): Promise<ObjectKey[]> {
  const owner = { namespace, workflowId: 'etl/flights', runId: 'r1' }
  const written: ObjectKey[] = []
  for (let index = 0; index < count; index += 1) {
    const plain = Buffer.from(noise(300))
    const key = valueKey(owner, await digestOf(plain))
    await store.put(key, await sealEnvelope([plain], undefined), { contentType: 'x' })
    written.push(key)
  }
  return written
}

async function putPages(store: MemoryObjectStore, count: number): Promise<ObjectKey[]> {
  const pages = []
  for (let pageNumber = 0; pageNumber < count; pageNumber += 1) {
    const key = pageKey(run, { pageNumber, cursorDigest: 'c' }, 'json')
    const body = Buffer.from(JSON.stringify({ data: noise(300) }))
    const digest = await digestOf(body)
    await landPage(store, key, { body, digest }, {})
    pages.push({ key, digest, sizeBytes: body.length, records: 1, recordsStart: 0 })
  }
  const batch = { pages, next: null, anchor: null, storedBytes: 1 }
  const key = batchKey(run, { pageNumber: 0, cursorDigest: 'c' })
  await store.put(key, Buffer.from(JSON.stringify(batch)), { contentType: 'application/json' })
  return pages.map((page) => page.key)
}

async function putDataset(
  store: MemoryObjectStore,
  count: number,
): Promise<Pick<FilledStore, 'parts' | 'besideParts'>> {
  const parts = []
  const rejects = []
  const definition = definitionKey(run)
  await store.put(definition, Buffer.from(JSON.stringify({ noise: noise(300) })), {
    contentType: 'application/json',
  })
  for (let partNumber = 0; partNumber < count; partNumber += 1) {
    const key = partKey(run, partNumber)
    const body = Buffer.from(noise(300))
    const sha256 = await digestOf(body)
    await store.put(key, body, { contentType: 'x', metadata: { sha256, rows: '1' } })
    parts.push({ partNumber, key, rowCount: 1, sizeBytes: body.length, sha256 })
    const aside = rejectsKey(run, partNumber)
    await store.put(aside, zstdCompressSync(noise(300)), { contentType: 'application/zstd' })
    rejects.push(await sealObject(store, aside, {}))
  }
  const manifest = {
    version: 1,
    ...run,
    interval: { start: '2001-01-01T00:00:00Z', end: '2001-02-01T00:00:00Z' },
    requestedAt: '2001-02-01T00:00:00Z',
    columns: [],
    rowCount: count,
    rejectCount: 0,
    parts,
    rejects,
    definition: await sealObject(store, definition, {}),
  }
  await store.put(manifestKey(run), Buffer.from(JSON.stringify(manifest)), { contentType: 'x' })
  return {
    parts: parts.map(({ key }) => key),
    besideParts: [definition, ...rejects.map(({ key }) => key as ObjectKey)],
  }
}

export function noise(bytes: number): string {
  return randomBytes(bytes).toString('base64')
}
