import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parsePipelineFile } from '../../../src/pipeline/parse-pipeline-file.ts'
import { checksProblems } from '../../../src/pipeline/checks-problems.ts'
import { columnsSchema } from '../../../src/pipeline/columns-schema.ts'
import { checksSchema } from '../../../src/pipeline/checks-schema.ts'
import { pipelineText, problemsOf } from './pipeline-text.ts'

const parse = (sections: Partial<Record<string, string>>) =>
  parsePipelineFile(pipelineText(sections), 'flights.yaml')

describe('the transform of a file', () => {
  test('is one SELECT, in short or with its scope', () => {
    const sql = 'select * from input'
    assert.deepEqual(parse({ transform: sql }).transform, { sql, scope: 'batch' })
    assert.deepEqual(parse({ transform: `{ sql: ${sql}, scope: dataset }` }).transform, {
      sql,
      scope: 'dataset',
    })
    for (const text of [
      '-- why\nFROM input',
      '/* with; a; reason */ with a as (select 1) select * from a;',
      `select ';' as "a;b", $$ ; $$ as c, $x$ ; drop $x$ as d from input ; -- end; of it`,
      '(select id from input)',
      'values (1)',
    ]) {
      assert.equal(parse({ transform: JSON.stringify(text) }).transform?.sql, text)
    }
  })

  test('is refused where it is something else', () => {
    for (const [text, message] of [
      ['""', /transform: is empty/],
      ['"-- nothing"', /transform: is empty/],
      ['copy input to x', /transform: must be a SELECT of DuckDB/],
      ['update input set a = 1', /transform: must be a SELECT/],
      ['select 1; select 2', /transform: must be one statement/],
      ['{ sql: select 1; drop table x }', /transform\.sql: must be one statement/],
      ['{ sql: set x = 1 }', /transform\.sql: must be a SELECT/],
      ['{ sql: select 1, scope: page }', /transform\.scope: page is unknown/],
      ['{ scope: dataset }', /transform\.sql: is missing/],
    ] as const) {
      const problems = problemsOf(pipelineText({ transform: text }))
      assert.match(problems.join('\n'), message)
    }
  })
})

describe('the checks of a file', () => {
  const columns = columnsSchema.parse({
    id: { type: 'bigint', key: true },
    day: 'date',
    body: 'jsonb',
    yes: 'boolean',
  })

  test('are read as they are written', () => {
    const { checks } = parse({
      checks: `[{ not_null: id }, { unique: [id] }, { range: { column: id, min: 1 } },
        { row_count: { min: 1, max: 10 } }, { sql: { name: odd, find: from dataset where id % 2 = 1 } }]`,
    })
    assert.deepEqual(checks, [
      { kind: 'not_null', columns: ['id'] },
      { kind: 'unique', columns: ['id'] },
      { kind: 'range', column: 'id', min: '1' },
      { kind: 'row_count', min: 1, max: 10 },
      { kind: 'sql', name: 'odd', sql: 'from dataset where id % 2 = 1' },
    ])
  })

  test('are refused where they say nothing, or too much', () => {
    for (const [check, message] of [
      ['{ range: { column: id } }', /checks\.0\.range: needs a min or a max/],
      ['{ row_count: {} }', /checks\.0\.row_count: needs a min or a max/],
      ['{ row_count: { min: 2, max: 1 } }', /checks\.0\.row_count: has a min above its max/],
      ['{ sql: { name: a, find: delete from dataset } }', /sql\.find: must be a SELECT/],
      ['{ sql: { name: a, find: from x; from y } }', /sql\.find: must be one statement/],
      ['{ not_null: id, unique: id }', /checks\.0: must be one of not_null, unique/],
    ] as const) {
      assert.match(problemsOf(pipelineText({ checks: `[${check}]` })).join('\n'), message)
    }
  })

  test('are of columns that are there, and of their types', () => {
    const problems = (written: unknown, isTransformed = false) =>
      checksProblems({ checks: checksSchema.parse([written]), columns, isTransformed }).map(
        ({ path, problem }) => `${path.join('.')}: ${problem}`,
      )
    const cases: readonly (readonly [unknown, readonly string[]])[] = [
      [{ not_null: ['id', 'body'] }, []],
      [{ not_null: 'di' }, ['checks.0.not_null: there is no column di (did you mean id?)']],
      [
        { unique: ['id', 'body'] },
        ['checks.0.unique: body holds JSON, which PostgreSQL does not compare so'],
      ],
      [{ range: { column: 'id', min: '-5', max: '5' } }, []],
      [{ range: { column: 'day', min: '2001-01-01' } }, []],
      [
        { range: { column: 'day', min: 'soon', max: '2001-02-30' } },
        ['checks.0.range.min: is not of type date', 'checks.0.range.max: is not of type date'],
      ],
      [
        { range: { column: 'yes', min: 'no' } },
        ['checks.0.range.column: is of type boolean, which has no range'],
      ],
      [{ range: { column: 'x', min: '1' } }, ['checks.0.range.column: there is no column x']],
      [{ row_count: { min: 1 } }, []],
    ]
    for (const [written, expected] of cases) {
      assert.deepEqual(problems(written), expected)
      assert.deepEqual(problems(written, true), [])
    }
  })
})
