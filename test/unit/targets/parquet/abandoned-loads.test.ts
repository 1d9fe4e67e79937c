import assert from 'node:assert/strict'
import { test } from 'node:test'
import { putJson } from '../../../../activities/json-object.ts'
import type { ParquetTargetDefinition } from '../../../../activities/pipeline-definition.ts'
import type { DatasetFacts } from '../../../../activities/retention/dataset-facts.ts'
import { MemoryObjectStore } from '../../../../codec/index.ts'
import { abandonedLoads } from '../../../../src/targets/parquet/abandoned-loads.ts'
import {
  dataKey,
  intentKey,
  manifestKey,
  recordKey,
  stagedKey,
} from '../../../../src/targets/parquet/target-layout.ts'
import { plainDefinition } from '../../../support/plain-definition.ts'
import { idOf, now } from '../../activities/retained-store.ts'
import { counts, manifestOf } from './manifest-of.ts'

const target: ParquetTargetDefinition = {
  kind: 'parquet',
  bucket: 'memory',
  prefix: 'lake/flights',
  mode: 'replace-interval',
}
const interval = { start: '2001-01-01T00:00:00Z', end: '2002-01-01T00:00:00Z' }
const datasetId = idOf(1)
const manifest = manifestOf(target, {
  pipeline: 'flights',
  partition: '2001',
  interval,
  rowCount: 1,
})

/** What a load leaves that was terminated while it was publishing. */
async function left(days = 10, hasIntent = true) {
  const at = new Date(now.getTime() - days * 86_400_000)
  const store = new MemoryObjectStore({ clock: () => at })
  const file = dataKey(target, datasetId, { directory: '', partNumber: 0 })
  await store.put(file, Buffer.from('x'), { contentType: 'x' })
  await putJson(store, stagedKey(target, datasetId, 0), { rowCount: 1, files: [] })
  const key = manifestKey(target, '2001')
  const intent = { datasetId, manifestKey: key, partition: '2001', interval }
  if (hasIntent) await putJson(store, intentKey(target, datasetId), intent)
  return store
}

async function found(
  store: MemoryObjectStore,
  change: Partial<ParquetTargetDefinition> = {},
): Promise<string[]> {
  const definition = plainDefinition('flights', { target: { ...target, ...change } })
  const facts = {
    folder: { pipeline: 'flights', partition: '2001', datasetId } as DatasetFacts['folder'],
    pinned: { definition, interval, requestedAt: interval.end },
    manifest: undefined,
    trouble: undefined,
  }
  const keys: string[] = []
  const { signal } = new AbortController()
  const rule = { unfinished: { days: 7 } }
  for await (const finding of abandonedLoads(store, [facts], rule, { now, signal })) {
    if ('garbage' in finding) keys.push(finding.garbage.key)
  }
  return keys
}

const all = [
  'lake/flights/_staged/00000000-0000-4000-8000-000000000001/part-00000.json',
  'lake/flights/data/dataset_id=00000000-0000-4000-8000-000000000001/part-00000.parquet',
  'lake/flights/_publishing/00000000-0000-4000-8000-000000000001.json',
]

test('what a terminated load has left goes when it is old, its announcement last', async () => {
  assert.deepEqual(await found(await left()), all)
  assert.deepEqual(await found(await left(10, false)), all.slice(0, 2))
  assert.deepEqual(await found(await left(6)), [])
})

test('what is published stays: by its record, or by the manifest alone', async () => {
  const recorded = await left()
  const record = { state: 'published', datasetId, manifestKey: 'x', counts }
  await putJson(recorded, recordKey(target, datasetId), record)
  assert.deepEqual(await found(recorded), [])
  const switched = await left()
  await putJson(switched, manifestKey(target, '2001'), manifest)
  assert.deepEqual(await found(switched), [])
  const other = await left()
  await putJson(other, manifestKey(target, '2001'), { ...manifest, datasetId: idOf(2) })
  assert.deepEqual(await found(other), all)
  const given = await left()
  await putJson(given, recordKey(target, datasetId), { state: 'discarded', datasetId })
  assert.deepEqual(await found(given), all)
})

test('other buckets and stores are not looked at', async () => {
  assert.deepEqual(await found(await left(), { bucket: 'other' }), [])
  const s3 = { accessKeyId: '${A}', secretAccessKey: '${B}' }
  assert.deepEqual(await found(await left(), { s3 }), [])
})
