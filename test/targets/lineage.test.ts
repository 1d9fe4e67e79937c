import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import {
  definitionKey,
  landingPrefix,
  manifestKey,
  pageKey,
  partKey,
} from '../../activities/bucket-layout.ts'
import { putJson } from '../../activities/json-object.ts'
import type { PipelineDefinition } from '../../activities/pipeline-definition.ts'
import { MemoryObjectStore, type ObjectKey } from '../../codec/index.ts'
import { traceBlob } from '../../src/inspect/trace-blob.ts'
import { traceRows, type LineagePlace } from '../../src/inspect/trace-rows.ts'
import { openSessions, type Sessions } from '../../src/targets/postgres/sessions.ts'
import { column } from './support/column.ts'
import { newDatasetId } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

const odd = 'a=b"; DROP TABLE flights; --'
const definition: PipelineDefinition = {
  name: 'flights',
  source: {
    kind: 'http',
    url: 'http://source.invalid',
    query: {},
    headers: {},
    format: 'json',
    records: [],
    next: { kind: 'none' },
  },
  columns: [
    column('id', 'bigint', 'key'),
    column('at', 'timestamptz', 'key'),
    column(odd, 'text'),
    column('code', 'text'),
    column('doc', 'json'),
  ],
  onReject: { max: 0 },
  target: { kind: 'postgres', schema: 'public', table: 'flights', mode: 'merge', lineage: true },
  limits: { batchBytes: 1, pageBytes: 1, batchesInFlight: 1, attempts: 1 },
}
const run = {
  pipeline: 'flights',
  partition: '2001-01',
  datasetId: newDatasetId(),
  landing: { fetchKey: 'f00', sequence: 3 },
}
const pages = [0, 1].map((pageNumber) =>
  pageKey(run, { pageNumber, cursorDigest: 'e3b0c44298fc1c14' }, 'json'),
)

describe('lineage', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let sessions: Sessions
  let store: MemoryObjectStore
  let place: LineagePlace

  before(async () => {
    database = await createTestDatabase()
    // A client reads times of one style only.
    await database.query(
      `ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET DateStyle = 'German'`,
    )
    sessions = openSessions({ url: database.url, maxConnections: 1, connectTimeoutMs: 10_000 })
    await database.query(
      `CREATE TABLE flights (id bigint, at timestamptz, "${odd.replaceAll('"', '""')}" text,
         code varchar(3), doc json, _dataset_id uuid, _part_number integer, PRIMARY KEY (id, at))`,
    )
    await database.query(
      `INSERT INTO flights SELECT n, '2001-01-01T00:00:00Z', 'it''s; ' || n, 'abc', '{}', $1, 0
         FROM generate_series(1, 25) AS n`,
      [run.datasetId],
    )
    await database.query(
      `INSERT INTO flights VALUES (3, '2001-01-02T00:00:00Z', NULL, 'xyz', NULL, NULL, NULL),
                                  (4, '2001-01-02T00:00:00Z', NULL, 'xyz', NULL, $1, 0)`,
      [newDatasetId()],
    )
  })
  beforeEach(async () => {
    store = new MemoryObjectStore()
    place = { sessions, store, definition, signal: AbortSignal.timeout(300_000) }
    await putJson(store, definitionKey(run), {
      definition,
      interval: { start: '2001-01-01T00:00:00Z', end: '2001-02-01T00:00:00Z' },
      requestedAt: '2001-02-01T00:00:00Z',
    })
    const batch = landingPrefix(run) + 'batch-0000000-e3b0c44298fc1c14.json'
    await putJson(store, batch as ObjectKey, {
      pages: pages.map((key) => ({ key, digest: '', sizeBytes: 1, records: 1, recordsStart: 0 })),
      next: null,
      anchor: null,
      storedBytes: 1,
    })
    await putJson(store, manifestKey(run), {
      version: 1,
      ...run,
      interval: { start: '2001-01-01T00:00:00Z', end: '2001-02-01T00:00:00Z' },
      requestedAt: '2001-02-01T00:00:00Z',
      columns: [],
      rowCount: 30,
      rejectCount: 0,
      parts: [
        { partNumber: 0, key: partKey(run, 0), rowCount: 30, sizeBytes: 1234, sha256: 'abcd' },
      ],
    })
    await store.put(partKey(run, 0), Buffer.from('part'), { contentType: 'text/plain' })
  })
  after(async () => {
    await sessions?.close()
    await database?.drop()
  })

  async function refused(work: Promise<unknown>, code: string, message: RegExp): Promise<void> {
    await assert.rejects(work, (error: Error & { code?: string }) => {
      assert.equal(error.code, code, error.message)
      assert.match(error.message, message)
      assert.doesNotMatch(error.message, /secret/)
      return true
    })
  }

  it('is not known where the catalog is not there', async () => {
    const { rows } = await traceRows(place, ['id=7'])
    assert.deepEqual(
      rows.map(({ key, datasetId, partNumber, lineage }) => [key, datasetId, partNumber, lineage]),
      [[{ id: '7', at: '2001-01-01 00:00:00+00' }, run.datasetId, 0, null]],
    )
    await refused(traceBlob(place, run.datasetId), 'DATASET_NOT_FOUND', /table=public\.flights/)
  })

  it('goes from a row to its part and the pages of that, and back', async () => {
    await database.query(
      `CREATE SCHEMA claimcheck; CREATE TABLE claimcheck.loads (dataset_id uuid, target text,
         pipeline text, partition text, manifest_key text, published_at timestamptz)`,
    )
    await database.query(
      `INSERT INTO claimcheck.loads VALUES ($1, 'public.flights', 'flights', '2001-01', $2, '2001-02-01T01:00:00Z'),
                                           ($1, 'public.other', 'other', '1999', 'nowhere', now())`,
      [run.datasetId, manifestKey(run)],
    )
    const lineage = {
      datasetId: run.datasetId,
      partNumber: 0,
      partition: '2001-01',
      publishedAt: new Date('2001-02-01T01:00:00Z'),
      madeFrom: null,
      madeBy: null,
      part: {
        key: partKey(run, 0),
        sizeBytes: 1234,
        sha256: 'abcd',
        rowCount: 30,
        isStored: true,
      },
      landing: { prefix: landingPrefix(run), pages, isWhole: false },
    }
    const found = await traceRows(place, ['id=3'])
    assert.deepEqual(
      found.rows.map((row) => [row.key['at'], row.datasetId, row.lineage]),
      [
        ['2001-01-01 00:00:00+00', run.datasetId, lineage],
        ['2001-01-02 00:00:00+00', null, null],
      ],
    )
    // Of a dataset that nothing is known of.
    const strange = await traceRows(place, ['id=4', 'at=2001-01-02T01:00:00+01:00'])
    assert.equal(strange.count, 1)
    assert.equal(strange.rows[0]?.lineage, null)
    assert.match(strange.rows[0]?.datasetId ?? '', /-/)

    for (const name of [
      partKey(run, 0),
      `${run.datasetId}/0`,
      `${run.datasetId.toUpperCase()}/00`,
    ]) {
      const traced = await traceBlob(place, name)
      assert.deepEqual(traced.lineage, lineage)
      assert.deepEqual([traced.count, traced.rowsMade, traced.rows.length], [25, 30, 20])
      assert.deepEqual(
        traced.rows.map(({ key }) => Number(key['id'])),
        Array.from({ length: 20 }, (_, index) => index + 1),
      )
    }
    const whole = await traceBlob(place, run.datasetId)
    assert.deepEqual([whole.count, whole.parts, whole.lineage], [25, 1, undefined])

    for (const name of [`${run.datasetId}/1`, partKey({ ...run, transformId: 'other' }, 0)]) {
      await refused(traceBlob(place, name), 'PART_NOT_FOUND', /without such a part/)
    }
    await refused(traceBlob(place, newDatasetId()), 'DATASET_NOT_FOUND', /public\.flights/)

    await store.delete([partKey(run, 0), definitionKey(run)])
    const [goneRow] = (await traceRows(place, ['id=1'])).rows
    assert.equal(goneRow?.lineage?.part?.isStored, false)
    assert.deepEqual(goneRow?.lineage?.landing?.pages, null)
    await store.delete([manifestKey(run)])
    const [unknown] = (await traceRows(place, ['id=1'])).rows
    assert.deepEqual([unknown?.lineage?.part, unknown?.lineage?.landing], [null, null])
    const unlisted = await traceBlob(place, `${run.datasetId}/0`)
    assert.deepEqual([unlisted.count, unlisted.rowsMade, unlisted.lineage?.part], [25, null, null])
    await refused(traceBlob(place, `${run.datasetId}/9999999999`), 'PART_NOT_FOUND', /without/)
  })

  it('takes values as PostgreSQL reads them, and none as SQL', async () => {
    const ids = async (...conditions: string[]) => {
      const { rows, count } = await traceRows(place, conditions)
      return [rows.map(({ key }) => Number(key['id'])).slice(0, 3), count]
    }
    assert.deepEqual(await ids('id= 07 '), [[7], 1])
    assert.deepEqual(await ids(`${odd}=it's; 9`), [[9], 1])
    assert.deepEqual(await ids('code=abc'), [[1, 2, 3], 25])
    assert.deepEqual(await ids(`_dataset_id=${run.datasetId}`, 'id=2'), [[2], 1])
    for (const nothing of ['code=abcd', 'code=', 'id=99', "code=abc' OR true --"]) {
      await refused(traceRows(place, [nothing]), 'ROW_NOT_FOUND', /No row of the table has that/)
    }
    await refused(traceRows(place, ['id=1 secret']), 'COLUMN_VALUE_INVALID', /"id" \(bigint\)/)
    await refused(traceRows(place, ['at=secret']), 'COLUMN_VALUE_INVALID', /"at" \(timestamp/)
    await refused(traceRows(place, ['doc={}']), 'COLUMN_VALUE_INVALID', /"doc" \(json\)/)
    await refused(traceRows(place, ['id=99999999999999999999']), 'COLUMN_VALUE_INVALID', /id/)
    for (const wrong of ['ident=secret', 'ID=secret', 'a=secret', '=secret', 'xmin=1']) {
      await refused(traceRows(place, [wrong]), 'COLUMN_NOT_FOUND', /There is no column/)
    }
    assert.deepEqual(await database.query('SELECT count(*)::int FROM flights'), [{ count: 27 }])
  })

  it('is missing where the pipeline or its table keeps none', async () => {
    const { lineage: _, ...without } = { ...definition.target } as Extract<
      PipelineDefinition['target'],
      { kind: 'postgres' }
    >
    const of = (target: PipelineDefinition['target']): LineagePlace => ({
      ...place,
      definition: { ...definition, target },
    })
    await database.query('CREATE TABLE bare (id bigint)')
    const parquet = { kind: 'parquet', bucket: 'b', prefix: 'p', mode: 'replace' } as const
    for (const [target, message] of [
      [without, /keeps no lineage/],
      [parquet, /loads files/],
      [{ ...without, lineage: true, table: 'bare' }, /has no lineage yet/],
      [{ ...without, lineage: true, table: 'absent' }, /no such table yet/],
    ] as const) {
      await refused(traceRows(of(target), ['id=1']), 'LINEAGE_MISSING', message)
      await refused(traceBlob(of(target), run.datasetId), 'LINEAGE_MISSING', message)
    }
  })

  it('comes in the order of the key, whatever its columns are called', async () => {
    await database.query(
      `CREATE TABLE named (part integer, kind text, _dataset_id uuid, _part_number integer);
       INSERT INTO named VALUES (2, 'a', NULL, 1), (1, 'a', NULL, 2), (3, 'a', NULL, 0)`,
    )
    const columns = [column('part', 'integer', 'key'), column('kind', 'text')]
    const { target } = definition
    if (target.kind !== 'postgres') throw new TypeError('not a table')
    const ofNamed = { ...definition, columns, target: { ...target, table: 'named' } }
    const { rows } = await traceRows({ ...place, definition: ofNamed }, ['kind=a'])
    assert.deepEqual(
      rows.map(({ key }) => key['part']),
      ['1', '2', '3'],
    )
  })

  it('shows which version of a key, and all columns where there is no key', async () => {
    const { target } = definition
    const history = { ...target, mode: 'history' } as const
    if (history.kind !== 'postgres') throw new TypeError('not a table')
    await database.query(
      `CREATE TABLE versions (id bigint, at timestamptz, valid_from timestamptz, valid_to timestamptz,
         _dataset_id uuid, _part_number integer);
       INSERT INTO versions VALUES (1, 'epoch', '2001-01-02Z', NULL, NULL, NULL),
                                   (1, 'epoch', '2001-01-01Z', '2001-01-02Z', NULL, NULL)`,
    )
    const ofHistory = { ...definition, target: { ...history, table: 'versions' } }
    const { rows } = await traceRows({ ...place, definition: ofHistory }, ['id=1'])
    assert.deepEqual(
      rows.map(({ key }) => [key['valid_from'], key['valid_to']]),
      [
        ['2001-01-01 00:00:00+00', '2001-01-02 00:00:00+00'],
        ['2001-01-02 00:00:00+00', null],
      ],
    )
    const columns = definition.columns.map((declared) => ({ ...declared, key: false }))
    const keyless = await traceRows({ ...place, definition: { ...definition, columns } }, ['id=9'])
    assert.deepEqual(keyless.rows[0]?.key, {
      id: '9',
      at: '2001-01-01 00:00:00+00',
      [odd]: "it's; 9",
      code: 'abc',
      doc: '{}',
    })
  })
})
