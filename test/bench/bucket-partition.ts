import { randomBytes } from 'node:crypto'
import {
  batchKey,
  definitionKey,
  landingStateKey,
  manifestKey,
  pageKey,
  partKey,
} from '../../activities/bucket-layout.ts'
import { putJson } from '../../activities/json-object.ts'
import type { DatasetId } from '../../activities/load-target.ts'
import { landPage } from '../../activities/landing/page-store.ts'
import { sealObject } from '../../activities/sealed-object.ts'
import { digestOf, type ObjectStore } from '../../codec/index.ts'
import { plainDefinition } from '../support/plain-definition.ts'

/** Objects of a partition: a landing of 100, and two datasets of 25. */
export const objectsOfPartition = 150

const partitionsOfPipeline = 20
const batchPages = [24, 24, 24, 23]
const partsOfDataset = 23
const interval = { start: '2001-01-01T00:00:00Z', end: '2001-01-02T00:00:00Z' }
/** When runs began that made the two datasets of a partition from one landing. */
const ageDays = [60, 40]
const dayMs = 86_400_000

/**
 * Puts what loads of one partition have left.
 *
 * @returns how much of it is garbage by its pipeline's rule, which every other pipeline has
 */
export async function putPartition(store: ObjectStore, index: number, now: Date): Promise<number> {
  const pipelineNumber = Math.floor(index / partitionsOfPipeline)
  const place = {
    pipeline: `p-${pipelineNumber}`,
    partition: `2001-01-${String(1 + (index % partitionsOfPipeline)).padStart(2, '0')}`,
    landing: { fetchKey: String(index).padStart(16, '0'), sequence: 0 },
  }
  const hasRule = pipelineNumber % 2 === 0
  const datasets = ageDays.map((days, nth) => ({
    ...place,
    datasetId: `0000000${nth}-0000-4000-8000-${String(index).padStart(12, '0')}` as DatasetId,
    requestedAt: new Date(now.getTime() - days * dayMs).toISOString(),
  }))
  for (const [nth, dataset] of datasets.entries()) {
    if (nth === 0) await putLanding(store, dataset)
    await putDataset(store, dataset, hasRule)
  }
  // The older dataset, and the landing but for its state.
  return hasRule ? partsOfDataset + 2 + 99 : 0
}

/** When an object of a partition was written, in days before now; undefined for other objects. */
export function partitionAgeDays(key: string): number | undefined {
  if (key.startsWith('landing/')) return ageDays[0]
  const [, nth] = /^datasets\/[^/]+\/[^/]+\/0000000(\d)-/.exec(key) ?? []
  return nth === undefined ? undefined : ageDays[Number(nth)]
}

interface DatasetPlace {
  readonly pipeline: string
  readonly partition: string
  readonly datasetId: DatasetId
  readonly landing: { readonly fetchKey: string; readonly sequence: number }
}

async function putLanding(store: ObjectStore, run: DatasetPlace): Promise<void> {
  let pageNumber = 0
  for (const count of batchPages) {
    const at = { pageNumber, cursorDigest: 'c' }
    const pages = await Promise.all(
      Array.from({ length: count }, async (_, nth) => {
        const key = pageKey(run, { ...at, pageNumber: at.pageNumber + nth }, 'json')
        const body = Buffer.from(JSON.stringify({ data: noise(300) }))
        const digest = await digestOf(body)
        await landPage(store, key, { body, digest }, {})
        return { key, digest, sizeBytes: body.length, records: 1, recordsStart: 0 }
      }),
    )
    await putJson(store, batchKey(run, at), { pages, next: null, anchor: null, storedBytes: 1 })
    pageNumber += count
  }
  const { landing, datasetId } = run
  await putJson(store, landingStateKey({ ...run, fetchKey: landing.fetchKey }), {
    sequence: landing.sequence,
    datasetId,
  })
}

async function putDataset(
  store: ObjectStore,
  dataset: DatasetPlace & { readonly requestedAt: string },
  hasRule: boolean,
): Promise<void> {
  const { pipeline, landing, requestedAt } = dataset
  const retention = { datasets: { keep: 1 }, landings: { days: 30 } }
  await putJson(store, definitionKey(dataset), {
    definition: plainDefinition(pipeline, hasRule ? { retention } : {}),
    interval,
    requestedAt,
    landing,
  })
  const parts = await Promise.all(
    Array.from({ length: partsOfDataset }, async (_, partNumber) => {
      const key = partKey(dataset, partNumber)
      const body = Buffer.from(noise(300))
      const sha256 = await digestOf(body)
      const metadata = { sha256, rows: '1', rejects: '0', records: '1' }
      await store.put(key, body, { contentType: 'application/vnd.apache.parquet', metadata })
      return { partNumber, key, rowCount: 1, sizeBytes: body.length, sha256 }
    }),
  )
  await putJson(store, manifestKey(dataset), {
    version: 1,
    ...dataset,
    interval,
    columns: [],
    recordCount: partsOfDataset,
    convertedCount: partsOfDataset,
    rowCount: partsOfDataset,
    rejectCount: 0,
    parts,
    rejects: [],
    definition: await sealObject(store, definitionKey(dataset), {}),
  })
}

function noise(bytes: number): string {
  return randomBytes(bytes).toString('base64')
}
