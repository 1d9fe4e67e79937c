import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { partKey } from '../../../activities/bucket-layout.ts'
import { convertPages } from '../../../activities/conversion/convert-pages.ts'
import { commonPositions, formatPositions } from '../../../activities/evolution/position-set.ts'
import type { ColumnDefinition, SourceFormat } from '../../../activities/index.ts'
import { getJson } from '../../../activities/json-object.ts'
import type { SchemaRule } from '../../../activities/pipeline-definition.ts'
import { datasetManifest, sealDataset } from '../../../activities/seal-dataset.ts'
import type { ObjectKey } from '../../../codec/index.ts'
import { landedPagesOf } from '../../support/convert-into-folder.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { columnsOf } from './convert-bodies.ts'
import { parquetOf } from './evolve-bodies.ts'
import { attempt, run, storedDataset } from './stored-dataset.ts'

const columns: readonly ColumnDefinition[] = [
  ...columnsOf({
    id: 'integer',
    text: 'text',
    list: { kind: 'array', element: { kind: 'integer' } },
    doc: 'jsonb',
  }),
  {
    name: 'city',
    from: '$.place.city',
    path: ['place', 'city'],
    type: { kind: 'text' },
    key: false,
  },
  { name: 'state', from: 'state', type: { kind: 'text' }, key: false, default: 'open' },
]

describe('a declared column whose field is in no record of a batch', () => {
  const bed = useDuckDb()

  /** Names of the columns that are absent, and how often a page was read. */
  async function look(
    format: SourceFormat,
    bodies: readonly (string | Buffer)[],
    {
      schema = 'discard',
      declared = columns,
    }: { schema?: SchemaRule; declared?: typeof columns } = {},
  ) {
    const pages = await landedPagesOf(format, declared, bodies)
    let reads = 0
    const { absent } = await convertPages(bed.duckDb, {
      columns: declared,
      rules: { schema },
      format,
      pages,
      read: async (page) => {
        reads += 1
        return Buffer.from(bodies[pages.indexOf(page)] ?? '')
      },
      folder: await mkdtemp(join(bed.folder, 'absent-')),
      signal: AbortSignal.timeout(60_000),
    })
    return { absent: absent.map((position) => declared[position]?.name), reads }
  }

  const absentOf = async (...arguments_: Parameters<typeof look>) =>
    (await look(...arguments_)).absent

  test('is told, in JSON and lines, and one that is null is there', async () => {
    const all = '{"id":1,"text":null,"list":null,"doc":null,"place":{"city":null},"state":null}'
    const without: Readonly<Record<string, string>> = {
      text: '{"id":1,"Text":1,"list":[],"doc":{"text":1},"place":{"city":"x"},"state":"x"}',
      list: '{"id":1,"text":"list","doc":1,"place":{"city":1},"state":1}',
      doc: '{"id":1,"text":"\\"doc\\":","list":[],"place":{"city":1},"state":1}',
      city: '{"id":1,"text":"","list":[],"doc":1,"place":{"town":{"city":1},"n":1.50},"city":1,"state":1}',
      state: '{"id":1,"text":"","list":[],"doc":{"state":1},"place":{"city":1}}',
    }
    for (const [format, bodyOf] of [
      ['json', (records: readonly string[]) => `[${records.join(',\n')}]`],
      ['ndjson', (records: readonly string[]) => records.join('\r\n')],
    ] as const) {
      assert.deepEqual(await absentOf(format, [bodyOf([all])]), [])
      for (const [name, record] of Object.entries(without)) {
        assert.deepEqual(await absentOf(format, [bodyOf([record, record])]), [name], format)
        assert.deepEqual(await absentOf(format, [bodyOf([record]), bodyOf([all])]), [], name)
      }
      assert.deepEqual(
        await absentOf(format, [bodyOf(['{"id":1}', '{"id":2,"place":[{"city":1}]}'])]),
        ['text', 'list', 'doc', 'city', 'state'],
      )
      // A name is what it says, however it is written.
      const escaped = all.replace('text', '\\u0074ext').replace('city', 'c\\u0069ty')
      assert.deepEqual(await absentOf(format, [bodyOf([escaped])]), [])
      // In a record that is set aside it is there too; where all are, nothing is told.
      const bad = all.replace('1', '"x"')
      assert.deepEqual(await absentOf(format, [bodyOf(['{"id":1}', bad])]), [])
      assert.deepEqual(await absentOf(format, [bodyOf(['{"id":"x"}'])]), [])
      assert.deepEqual(await absentOf(format, [bodyOf([])]), [])
    }
  })

  test('is found without a second look at the pages', async () => {
    const declared = columnsOf({ id: 'integer', text: 'text' })
    for (const [record, absent] of [
      ['{"id":1,"text":"x"}\n', []],
      ['{"id":1,"text":null}\n', []],
      ['{"id":1}\n', ['text']],
    ] as const) {
      const bodies = [record, record]
      assert.deepEqual(await look('ndjson', bodies, { declared }), { absent, reads: 2 })
    }
  })

  test('is absent where only a malformed record has it, and there where the last of many has it', async () => {
    const declared = columnsOf({ id: 'integer', text: 'text' })
    const many =
      '{"id":1,"long":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}\n'.repeat(40_000)
    assert.deepEqual(await absentOf('ndjson', ['{"id":1}\n{"text":NaN}\n'], { declared }), ['text'])
    assert.deepEqual(await absentOf('ndjson', [many], { declared }), ['text'])
    assert.deepEqual(await absentOf('ndjson', [many, '{"id":2,"text":null}\n'], { declared }), [])
  })

  test('is found by its name, however that is written', async () => {
    for (const [from, written] of [
      ['a/b', 'a\\/b'],
      ['a"b', 'a\\"b'],
      ['a\\b', 'a\\\\b'],
      ['a\tb', 'a\\tb'],
      ['ü b', 'ü b'],
      ['ü b', '\\u00fc b'],
    ] as const) {
      const named = columnsOf({ x: 'text' }).map((column) => ({ ...column, from, key: false }))
      const options = { declared: [...columnsOf({ id: 'integer' }), ...named] }
      assert.deepEqual(await absentOf('ndjson', [`{"id":1,"${written}":null}\n`], options), [])
      assert.deepEqual(await absentOf('ndjson', [`{"id":1,"a":"${written}"}\n`], options), ['x'])
    }
  })

  test('is told by a header, and by the footers of Parquet files', async () => {
    const flat = columns.filter(({ path }) => path === undefined)
    const options = { declared: flat }
    assert.deepEqual(await absentOf('csv', ['id,text,list,doc,state\n1,,,,\n'], options), [])
    assert.deepEqual(await absentOf('csv', ['id,Text,list\n1,a,\n'], options), [
      'text',
      'doc',
      'state',
    ])
    const whole = await parquetOf(
      bed,
      `SELECT 1 AS id, NULL::VARCHAR AS text, NULL::INTEGER[] AS list, NULL::VARCHAR AS doc,
         NULL::STRUCT(city VARCHAR) AS place, NULL::VARCHAR AS state`,
    )
    const some = await parquetOf(bed, `SELECT 2 AS id, {'town': 'x'} AS place, 'x' AS "Text"`)
    assert.deepEqual(await absentOf('parquet', [whole]), [])
    assert.deepEqual(await absentOf('parquet', [some]), ['text', 'list', 'doc', 'city', 'state'])
    assert.deepEqual(await absentOf('parquet', [some, whole]), [])
  })

  test('is told under `evolve` too, and inside of an object under `freeze`', async () => {
    assert.deepEqual(
      await absentOf('ndjson', ['{"id":1,"town":"x","text":1,"list":[],"doc":1,"state":1}'], {
        schema: 'evolve',
      }),
      ['city'],
    )
    const record = '{"id":1,"text":1,"list":[],"doc":1,"state":1,"place":{"town":1}}'
    assert.deepEqual(await absentOf('ndjson', [record], { schema: 'freeze' }), ['city'])
  })

  test('is missing from the dataset where no batch has it', async () => {
    const { ports, store, putPart } = await storedDataset(bed, columns, {})
    const parts = [
      { converted: '2', absent: [1, 4, 5] },
      { converted: '2', absent: [4, 5, 2] },
      // All of its records were set aside.
      { converted: '0', absent: [] },
    ]
    const seal = async () => {
      const rowCount = parts.reduce((sum, { converted }) => sum + Number(converted), 0)
      const counts = { partCount: parts.length, rowCount, rejectCount: 0 }
      const sealed = await sealDataset(ports, { run, ...counts }, attempt)
      const key = sealed.manifestKey as ObjectKey
      const { missingFields } = await getJson(store, key, datasetManifest, attempt)
      assert.deepEqual(missingFields, sealed.missingFields)
      return missingFields
    }
    const put = async (number: number) => {
      const { converted = '0', absent = [] } = parts[number] ?? {}
      await putPart(partKey(run, number), `SELECT 1 AS id FROM range(${converted})`, {
        records: converted,
        converted,
        ...(absent.length === 0 ? {} : { absent: formatPositions(absent) }),
      })
    }
    for (const number of parts.keys()) await put(number)
    assert.deepEqual(await seal(), ['$.place.city', 'state'])
    parts.push({ converted: '1', absent: [] })
    await put(3)
    assert.deepEqual(await seal(), undefined)
  })

  test('is kept with the others as a short text', () => {
    const positions = fc.uniqueArray(fc.nat(1599))
    fc.assert(
      fc.property(fc.array(positions, { minLength: 1, maxLength: 4 }), (sets) => {
        const common = (sets[0] ?? []).filter((each) => sets.every((set) => set.includes(each)))
        const texts = sets.map(formatPositions)
        assert.deepEqual(
          commonPositions(texts),
          common.toSorted((a, b) => a - b),
        )
        assert.ok(texts.every((text) => text.length <= 400))
      }),
    )
    assert.deepEqual(commonPositions([]), [])
  })
})
