import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { ColumnDefinition, SourceFormat } from '../../../activities/index.ts'
import { convertIntoFolder } from '../../support/convert-into-folder.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { columnsOf, convertBodies } from './convert-bodies.ts'

const columns = columnsOf({ id: 'integer', t: 'text' })

describe('the rule freeze', () => {
  const bed = useDuckDb()

  async function freeze(
    format: SourceFormat,
    bodies: readonly string[],
    declared: readonly ColumnDefinition[] = columns,
  ) {
    const folder = await mkdtemp(join(bed.folder, 'freeze-'))
    return convertIntoFolder(bed.duckDb, format, declared, bodies, folder, 'freeze')
  }

  const refuses = (
    format: SourceFormat,
    bodies: readonly string[],
    message: RegExp,
    declared: readonly ColumnDefinition[] = columns,
  ) =>
    assert.rejects(freeze(format, bodies, declared), {
      code: 'SCHEMA_CHANGED',
      retryable: false,
      message,
    })

  test('passes what is declared, in one record at least, in whatever order', async () => {
    for (const [format, bodies] of [
      ['json', ['[{"t":"a","id":1},{"id":2}]']],
      ['ndjson', ['{"id":1}\n{"\\u0074":"a","id":2}\n']],
      ['csv', ['t,id\na,1\n,2\n']],
    ] as const) {
      const { rowCount, rejectCount } = await freeze(format, bodies)
      assert.deepEqual([rowCount, rejectCount], [2, 0], format)
    }
  })

  test('refuses a field that is not declared, and one that is in no record', async () => {
    for (const [format, bodies] of [
      ['json', ['[{"id":1},{"id":2,"T":"a"}]']],
      ['ndjson', ['{"id":1}\n{"id":2,"T":null}\n']],
      ['csv', ['id,T\n1,a\n']],
    ] as const) {
      const message = /\(not declared: "T"; in no record: "t"\) \[page=page-0\]$/
      await refuses(format, bodies, message)
    }
    await refuses('json', ['[{"id":1,"t":""}]', '[{"id":1,"a.b":2}]'], /\(not declared: "a.b"\)/)
    await refuses('csv', ['id\n1\n'], /\(in no record: "t"\)/)
    await refuses('csv', ['id,t,,id2\n1,a,,\n'], /\(not declared: "column_3", "id2"\)/)
  })

  test('knows a nested field by its top-level member, and leaves out what is its own', async () => {
    const nested: readonly ColumnDefinition[] = [
      ...columns,
      {
        name: 'city',
        type: { kind: 'text' },
        from: '$.place.city',
        path: ['place', 'city'],
        key: false,
      },
      { name: 'j', type: { kind: 'jsonb' }, from: 'j', key: false },
    ]
    const whole = '{"id":1,"t":"a","place":{"city":"x","other":1},"j":{"k":[1.50]}}'
    assert.equal((await freeze('ndjson', [whole], nested)).rowCount, 1)
    await refuses(
      'ndjson',
      ['{"id":1,"t":"a","city":"x","j":1}'],
      /"city".*record: "place"/,
      nested,
    )
  })

  test('looks at sound records only, and at nothing where there are none', async () => {
    const { rejectCount } = await freeze('ndjson', ['{"id":1,"t":"a"}\n["other"]\n{"id":"x"}\n'])
    assert.equal(rejectCount, 2)
    assert.equal((await freeze('json', ['[]'])).rowCount, 0)
    assert.equal((await freeze('csv', ['id,other\n'])).rowCount, 0)
    assert.equal((await freeze('json', ['[1, null]'])).rejectCount, 2)
    // A record that is set aside for a value has its fields all the same.
    await refuses('ndjson', ['{"id":1,"t":"a"}\n{"id":"x","other":1}\n'], /not declared: "other"/)
  })

  test('names twenty fields, and how many more there are', async () => {
    const others = Array.from({ length: 25 }, (_, index) => `"f${index}":1`).join()
    const long = `"${'x'.repeat(1000)}":1`
    await assert.rejects(
      freeze('ndjson', [`{"id":1,"t":"a",${others},${long}}`]),
      (error: Error) => {
        assert.match(error.message, /"f0", "f1", "f10", .* and 6 more\)/)
        assert.ok(error.message.length < 600, error.message)
        return true
      },
    )
  })
})

describe('the rule discard', () => {
  const bed = useDuckDb()

  test('leaves out what is not declared, and makes NULL or the default of what is not there', async () => {
    const declared: readonly ColumnDefinition[] = [
      ...columns,
      { name: 'n', type: { kind: 'integer' }, from: 'n', default: '7', key: false },
    ]
    for (const [format, body] of [
      ['json', '[{"id":1,"other":1}]'],
      ['ndjson', '{"id":1,"other":1}\n'],
      ['csv', 'other,id\n1,1\n'],
    ] as const) {
      const { rows, rejectCount } = await convertBodies(bed.duckDb, format, declared, [body])
      assert.deepEqual([rows, rejectCount], [[[1, null, 7]], 0], format)
    }
  })

  test('does not do without a key, nor guess which of two columns is meant', async () => {
    for (const [body, message] of [
      ['t\na\n', /the CSV header has the column "id" not at all/],
      ['id,t,t\n1,a,b\n', /the CSV header has the column "t" more than once/],
    ] as const) {
      await assert.rejects(convertBodies(bed.duckDb, 'csv', columns, [body]), {
        code: 'CONVERSION_FAILED',
        message,
      })
    }
    const { rejects } = await convertBodies(bed.duckDb, 'ndjson', columns, ['{"t":"a"}\n'])
    assert.deepEqual(
      rejects.map(({ reason }) => reason),
      ['id: the key is missing'],
    )
  })
})
