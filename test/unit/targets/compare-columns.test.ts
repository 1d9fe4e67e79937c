import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type {
  ColumnDefinition,
  PostgresTargetDefinition,
  ScalarType,
} from '../../../activities/pipeline-definition.ts'
import { compareColumns } from '../../../src/targets/postgres/compare-columns.ts'
import { alterTableSql, differencesError } from '../../../src/targets/postgres/differences-error.ts'
import type { InspectedTable, TableColumn } from '../../../src/targets/postgres/inspect-table.ts'
import { column } from '../../targets/support/column.ts'

const declared = [
  column('id', 'bigint', 'key'),
  column('day', 'date', 'key'),
  column('price', { kind: 'numeric', precision: 10, scale: 2 }),
]

function existing(name: string, type: string, more: Partial<TableColumn> = {}): TableColumn {
  return {
    name,
    type,
    typeOrigin: null,
    notNull: false,
    hasDefault: false,
    generated: false,
    identity: false,
    collation: null,
    comment: null,
    dependants: [],
    foreignKeys: [],
    ...more,
  }
}

const fitting = [
  existing('id', 'bigint'),
  existing('day', 'date'),
  existing('price', 'numeric(10,2)'),
]

type Table = Partial<
  Pick<InspectedTable, 'columns' | 'uniqueKeys' | 'columnsFrom' | 'partitionedBy' | 'followers'>
>

function differences(
  columns: readonly ColumnDefinition[],
  table: Table,
  target: Partial<PostgresTargetDefinition> = {},
) {
  const full = { kind: 'postgres', schema: 'public', table: 't', mode: 'merge', ...target } as const
  const found = {
    columns: fitting,
    uniqueKeys: [['id', 'day']],
    columnsFrom: null,
    partitionedBy: [],
    followers: [],
    ...table,
  }
  return {
    request: { target: full, columns },
    found: compareColumns({ target: full, columns }, found),
  }
}

const sentences = (...of: Parameters<typeof differences>) =>
  differences(...of).found.map(({ sentence }) => sentence)

const remedy = (
  rule: 'keep the table' | 'evolve the table',
  ...of: Parameters<typeof differences>
) => {
  const { request, found } = differences(...of)
  return differencesError(request, found, rule).remedy
}

describe('the columns of a load beside those of a table', () => {
  it('fit when names, types and key agree, in any order', () => {
    const table = { columns: fitting.toReversed(), uniqueKeys: [['id'], ['day', 'id']] }
    assert.deepEqual(sentences(declared, table), [])
  })

  it('fit beside others that may be left out', () => {
    const others = [
      existing('note', 'text'),
      existing('made', 'date', { notNull: true, hasDefault: true }),
      existing('sum', 'integer', { generated: true }),
    ]
    assert.deepEqual(sentences(declared, { columns: [...fitting, ...others] }), [])
  })

  it('fit arrays by the type of their elements', () => {
    const arrayOf = (element: ScalarType) => ({ kind: 'array', element }) as const
    const arrays = [
      column('id', 'bigint', 'key'),
      column('prices', arrayOf({ kind: 'numeric', precision: 10, scale: 2 })),
      column('times', arrayOf({ kind: 'timestamp' })),
    ]
    const compare = (prices: string, times: string) => {
      const columns = [
        existing('id', 'bigint'),
        existing('prices', prices),
        existing('times', times),
      ]
      return sentences(arrays, { columns, uniqueKeys: [['id']] })
    }
    assert.deepEqual(compare('numeric(10,2)[]', 'timestamp without time zone[]'), [])
    assert.deepEqual(compare('numeric(10,2)', 'timestamp with time zone[]'), [
      'column "prices" is numeric(10,2), declared numeric(10,2)[]',
      'column "times" is timestamp with time zone[], declared timestamp without time zone[]',
    ])
  })

  it('ask for a unique index over just the key, in history with the beginning of validity', () => {
    for (const key of [['id'], ['id', 'day', 'price'], ['id', 'price']]) {
      for (const mode of ['merge', 'append', 'replace', 'replace-interval'] as const) {
        assert.deepEqual(sentences(declared, { uniqueKeys: [key] }, { mode }), [
          'the table has no unique index on the key (id, day)',
        ])
      }
    }
    const time = 'timestamp with time zone'
    const columns = [...fitting, existing('valid_from', time), existing('valid_to', time)]
    assert.deepEqual(sentences(declared, { columns }, { mode: 'history' }), [
      'the table has no unique index on the key (id, day, valid_from)',
    ])
    const uniqueKeys = [['valid_from', 'id', 'day']]
    assert.deepEqual(sentences(declared, { columns, uniqueKeys }, { mode: 'history' }), [])
  })

  it('ask for no unique index where there is no key', () => {
    const keyless = declared.map((each) => ({ ...each, key: false }))
    assert.deepEqual(sentences(keyless, { uniqueKeys: [] }, { mode: 'append' }), [])
  })

  it('ask for no unique index that a partitioned table cannot have', () => {
    const table = { uniqueKeys: [], partitionedBy: ['day', 'region', 'an expression'] }
    assert.deepEqual(sentences(declared, table), [
      'the table has no unique index on the key (id, day), and can have none: it is partitioned by region, an expression',
    ])
    assert.equal(
      remedy('evolve the table', declared, table),
      'Change the declared columns or the table so that they agree.',
    )
    assert.deepEqual(sentences(declared, { uniqueKeys: [], partitionedBy: ['day'] }), [
      'the table has no unique index on the key (id, day)',
    ])
  })

  it('ask for a key where a foreign key would follow the rows that are written anew', () => {
    const keyless = declared.map((each) => ({ ...each, key: false }))
    const table = { followers: ['constraint f on table items'] }
    for (const mode of ['replace', 'replace-interval'] as const) {
      assert.deepEqual(sentences(keyless, table, { mode }), [
        'without a key all rows are written anew, and constraint f on table items would delete or change what refers to them: declare the key',
      ])
      assert.deepEqual(sentences(declared, table, { mode }), [])
    }
    assert.deepEqual(sentences(keyless, table, { mode: 'append' }), [])
  })

  it('ask for columns that take the NULL which the load writes', () => {
    const time = 'timestamp with time zone'
    const columns = [
      ...fitting,
      existing('valid_from', time, { notNull: true }),
      existing('valid_to', time, { notNull: true, hasDefault: true }),
      existing('_dataset_id', 'uuid', { notNull: true }),
      existing('_part_number', 'integer', { notNull: true }),
    ]
    const uniqueKeys = [['id', 'day', 'valid_from']]
    const of = [declared, { columns, uniqueKeys }, { mode: 'history', lineage: true }] as const
    assert.deepEqual(sentences(...of), [
      'column "valid_to" takes no NULL, and the load itself writes NULL there',
    ])
    assert.equal(
      remedy('evolve the table', ...of),
      'Run ALTER TABLE "public"."t" ALTER COLUMN "valid_to" DROP NOT NULL;',
    )
  })

  it('name the columns that the load itself writes', () => {
    assert.deepEqual(
      sentences(
        declared,
        { columns: [...fitting, existing('_part_number', 'smallint')] },
        {
          onMissing: 'mark',
          lineage: true,
        },
      ),
      [
        'column "_deleted_at" timestamp with time zone, which the load itself writes, is not in the table',
        'column "_dataset_id" uuid, which the load itself writes, is not in the table',
        'column "_part_number" is smallint, written by the load itself as integer',
      ],
    )
  })

  it('say what keeps a type from being changed', () => {
    const narrow = (more: Partial<TableColumn>, type = 'smallint') => ({
      columns: [...fitting.slice(0, 2), existing('price', type, more)],
    })
    const because = (more: Partial<TableColumn>, type = 'smallint') =>
      sentences([...declared.slice(0, 2), column('price', 'text')], narrow(more, type))
    assert.deepEqual(because({ dependants: ['view v', 'policy p on table t'] }), [
      'column "price" is smallint, declared text, and cannot change: what depends on it is view v, policy p on table t',
    ])
    assert.match(String(because({ identity: true })), /an identity column is a whole number/)
    assert.match(
      String(because({ foreignKeys: ['constraint f on table t'] })),
      /part of constraint f/,
    )
    assert.deepEqual(because({ foreignKeys: ['constraint f'] }, 'character varying(3)'), [
      'column "price" is character varying(3), declared text',
    ])
    assert.deepEqual(because({ typeOrigin: 'the domain small over smallint' }), [
      'column "price" is the domain small over smallint, declared text',
    ])
    const from = differences(declared, { ...narrow({}), columnsFrom: 'table parent' }).found
    assert.deepEqual(
      from.map(({ kind }) => kind),
      ['narrower-type', 'inherited-columns'],
    )
  })
})

describe('what resolves the differences', () => {
  const lacking = { columns: [existing('id', 'integer'), existing('day', 'date')] }

  it('is the schema rule or one statement, where the load could do it', () => {
    assert.equal(
      remedy('keep the table', declared, lacking),
      'Write `schema: evolve` into the pipeline file, or run ALTER TABLE "public"."t" ' +
        'ALTER COLUMN "id" TYPE bigint USING "id"::bigint, ADD COLUMN "price" numeric(10,2);',
    )
  })

  it('is the statement where only people can know whether it may be done', () => {
    const columns = [existing('id', 'bigint')]
    assert.equal(
      remedy('evolve the table', declared.slice(0, 2), { columns, uniqueKeys: [] }),
      'Run ALTER TABLE "public"."t" ADD COLUMN "day" date NOT NULL, ADD UNIQUE ("id", "day");',
    )
  })

  it('is a change of one of the two where no statement does it', () => {
    const columns = [existing('id', 'text'), ...fitting.slice(1)]
    assert.equal(
      remedy('evolve the table', declared, { columns }),
      'Change the declared columns or the table so that they agree.',
    )
    assert.match(
      remedy('evolve the table', declared, { columns: columns.slice(0, 2) }),
      /^Change the declared .* a part of it is ALTER TABLE .* ADD COLUMN "price" numeric\(10,2\);$/,
    )
  })

  it('keeps the collation of a text', () => {
    const columns = [...fitting, existing('note', 'character varying(9)', { collation: '"a"."b"' })]
    const { request, found } = differences([...declared, column('note', 'text')], { columns })
    assert.equal(
      alterTableSql(request.target, found),
      'ALTER TABLE "public"."t" ALTER COLUMN "note" TYPE text COLLATE "a"."b" USING "note"::text',
    )
  })
})
