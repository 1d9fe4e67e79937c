import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { partKey } from '../../../activities/bucket-layout.ts'
import { formatNames, parseNames } from '../../../activities/evolution/name-list.ts'
import type { ColumnDefinition, SourceFormat } from '../../../activities/index.ts'
import { getJson } from '../../../activities/json-object.ts'
import type { SchemaRule } from '../../../activities/pipeline-definition.ts'
import { datasetManifest, sealDataset } from '../../../activities/seal-dataset.ts'
import type { ObjectKey } from '../../../codec/index.ts'
import { convertIntoFolder } from '../../support/convert-into-folder.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { columnsOf } from './convert-bodies.ts'
import { parquetOf } from './evolve-bodies.ts'
import { attempt, run, storedDataset } from './stored-dataset.ts'

const columns: readonly ColumnDefinition[] = [
  ...columnsOf({ id: 'integer', doc: 'jsonb' }),
  {
    name: 'city',
    from: '$.place.city',
    path: ['place', 'city'],
    type: { kind: 'text' },
    key: false,
  },
]
const flat = columns.filter(({ path }) => path === undefined)

describe('a field that no column declares', () => {
  const bed = useDuckDb()

  async function discardedOf(
    format: SourceFormat,
    bodies: readonly (string | Buffer)[],
    declared = columns,
    schema: SchemaRule = 'discard',
  ): Promise<readonly string[] | undefined> {
    const folder = await mkdtemp(join(bed.folder, 'discarded-'))
    return (await convertIntoFolder(bed.duckDb, format, declared, bodies, folder, schema)).discarded
  }

  test('is told, in JSON and lines, by its name at the top, however that is written', async () => {
    const record = '{"id":1,"doc":{"inner":1.50},"place":{"city":"x","town":1.5}'
    const bodyOf = {
      json: (records: readonly string[]) => `[ ${records.join(',\n')} ]`,
      ndjson: (records: readonly string[]) => `\uFEFF${records.join('\r\n')}`,
    }
    for (const format of ['json', 'ndjson'] as const) {
      const of = (...records: string[]) => discardedOf(format, [bodyOf[format](records)])
      assert.deepEqual(await of(`${record}}`), [])
      assert.deepEqual(
        await of(`${record},"b":null}`, `{"id":2,"Doc":1}`, `{"a\\u0062":"x","id":3,"":[]}`),
        ['', 'Doc', 'ab', 'b'],
      )
      // A record that is set aside for a value has its fields; one that is malformed has none.
      assert.deepEqual(await of('{"id":"x","a":1}', '{"b":NaN}', '{"id":1}'), ['a'])
      assert.deepEqual(await of(), [])
    }
    const plain = columnsOf({ id: 'integer' })
    assert.deepEqual(await discardedOf('ndjson', ['{"id":1,"x":0.10,"y":"z"}\n'], plain), [
      'x',
      'y',
    ])
  })

  test('is told in one of many records that follow each other closely enough', async () => {
    const filled = '{"id":1,"doc":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}\n'
    const bodies = [`{"id":1,"first":1}\n${filled.repeat(1000)}`, '{"id":1,"late":1}\n']
    assert.deepEqual(await discardedOf('ndjson', bodies), ['first'])
    const often = `${filled.repeat(200)}{"id":1,"often":1}\n`
    assert.deepEqual(await discardedOf('ndjson', [often.repeat(60)]), ['often'])
    // A record that is longer than what is read.
    const long = `{"id":1,"before":1,"long":"${'x'.repeat(300_000)}","behind":1}\n`
    assert.deepEqual(await discardedOf('ndjson', [long]), ['before', 'long'])
  })

  test('is told by a header, and by the footers of Parquet files', async () => {
    assert.deepEqual(await discardedOf('csv', ['id,Doc,,doc,doc2\n1,,,,\n'], flat), [
      'Doc',
      'column_3',
      'doc2',
    ])
    assert.deepEqual(await discardedOf('csv', ['id,doc\n1,\n'], flat), [])
    const one = await parquetOf(bed, `SELECT 1 AS id, {'city': 'x', 'town': 1} AS place, 2 AS b`)
    const other = await parquetOf(bed, `SELECT 2 AS id, 'x' AS "Doc"`)
    assert.deepEqual(await discardedOf('parquet', [one, other]), ['Doc', 'b'])
  })

  test('is left out under `discard` alone', async () => {
    const body = '{"id":1,"more":1}\n'
    assert.equal(
      await discardedOf('ndjson', [body], columnsOf({ id: 'integer' }), 'evolve'),
      undefined,
    )
    const all = '{"id":1,"doc":1,"place":{"city":"x"}}\n'
    assert.equal(await discardedOf('ndjson', [all], columns, 'freeze'), undefined)
  })

  test('is one of a hundred at most', async () => {
    const data = (first: number) =>
      JSON.stringify(
        Object.fromEntries([
          ['id', 1],
          ...Array.from({ length: 80 }, (_, at) => [`k${first + at}`, at]),
        ]),
      )
    const found = await discardedOf('ndjson', [`${data(0)}\n${data(80)}\n`])
    assert.equal(found?.length, 100)
  })

  test('is told of the dataset, whichever part has it', async () => {
    const { ports, store, putPart } = await storedDataset(bed, columns, {})
    const parts = [['b', 'ä,b'], [], ['a', 'b'], Array.from({ length: 150 }, (_, at) => `n${at}`)]
    for (const [number, discarded] of parts.entries()) {
      const counts = { records: '1', converted: '1' }
      const names = discarded.length === 0 ? {} : { discarded: formatNames(discarded) }
      await putPart(partKey(run, number), 'SELECT 1 AS id', { ...counts, ...names })
    }
    const seal = async (partCount: number) => {
      const counts = { partCount, rowCount: partCount, rejectCount: 0 }
      const sealed = await sealDataset(ports, { run, ...counts }, attempt)
      const manifest = await getJson(
        store,
        sealed.manifestKey as ObjectKey,
        datasetManifest,
        attempt,
      )
      assert.deepEqual(manifest.discardedFields, sealed.discardedFields)
      return manifest.discardedFields
    }
    assert.equal((await seal(4))?.length, 100)
    await store.delete([partKey(run, 3)])
    assert.deepEqual(await seal(3), ['a', 'b', 'ä,b'])
    await store.delete([partKey(run, 2)])
    await store.delete([partKey(run, 0)])
    assert.equal(await seal(1), undefined)
  })

  test('is kept with the others as a short text', () => {
    const unit = fc.constantFrom('a', 'Z', '%', ',', ' ', '\0', 'é', '€', '😀', '\ud83d', '\n')
    const names = fc.array(fc.string({ unit, maxLength: 70 }), { maxLength: 60 })
    fc.assert(
      fc.property(names, (given) => {
        const text = formatNames(given)
        assert.ok(text.length <= 1000)
        assert.match(text, /^[\x21-\x7e]*$/)
        const short = given.map((name) =>
          (name.length > 64 ? `${name.slice(0, 63)}…` : name).toWellFormed(),
        )
        const kept = parseNames(text)
        assert.ok(kept.every((name) => short.includes(name)))
        if (encodeURIComponent(short.join()).length < 900) assert.deepEqual(kept, short)
      }),
    )
    assert.deepEqual(parseNames(''), [])
  })
})
