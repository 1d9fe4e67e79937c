import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { takesAll, widensTo } from '../../../src/targets/postgres/type-lattice.ts'

/** Every type here, from the narrowest; each in what stands behind it, or beside it. */
const types = [
  'smallint',
  'integer',
  'bigint',
  'numeric(4,0)',
  'numeric(5,0)',
  'numeric(10,2)',
  'numeric(12,2)',
  'numeric(21,2)',
  'numeric(3,-2)',
  'numeric(2,5)',
  'numeric',
  'real',
  'double precision',
  'boolean',
  'character(4)',
  'character varying(4)',
  'character varying',
  'text',
  'date',
  'time(3) without time zone',
  'time without time zone',
  'timestamp(0) without time zone',
  'timestamp without time zone',
  'timestamp(6) with time zone',
  'timestamp with time zone',
  'uuid',
  'json',
  'jsonb',
  'bytea',
  'interval',
  '"char"',
  'mood',
]

/** For each type the others that `relation` finds for it. */
function related(relation: (from: string, to: string) => boolean): Record<string, string> {
  const found = types.map((from) => {
    const others = types.filter((to) => to !== from && relation(from, to))
    return [from, others.join(' | ')] as const
  })
  return Object.fromEntries(found.filter(([, others]) => others !== ''))
}

describe('the lattice of types', () => {
  it('takes values of a narrower type where they stay what they are and compare', () => {
    assert.deepEqual(
      related((declared, table) => takesAll(table, declared)),
      {
        smallint:
          'integer | bigint | numeric(5,0) | numeric(10,2) | numeric(12,2) | numeric(21,2) | numeric',
        integer: 'bigint | numeric(12,2) | numeric(21,2) | numeric',
        bigint: 'numeric(21,2) | numeric',
        'numeric(4,0)': 'numeric(5,0) | numeric(10,2) | numeric(12,2) | numeric(21,2) | numeric',
        'numeric(5,0)': 'numeric(10,2) | numeric(12,2) | numeric(21,2) | numeric',
        'numeric(10,2)': 'numeric(12,2) | numeric(21,2) | numeric',
        'numeric(12,2)': 'numeric(21,2) | numeric',
        'numeric(21,2)': 'numeric',
        'numeric(3,-2)': 'numeric(5,0) | numeric(10,2) | numeric(12,2) | numeric(21,2) | numeric',
        'numeric(2,5)': 'numeric',
        text: 'character varying',
        'timestamp with time zone': 'timestamp(6) with time zone',
      },
    )
  })

  it('alters a type where no value is lost, and leaves all others', () => {
    const writable = 'text'
    assert.deepEqual(related(widensTo), {
      smallint: `integer | bigint | numeric(5,0) | numeric(10,2) | numeric(12,2) | numeric(21,2) | numeric | ${writable}`,
      integer: `bigint | numeric(12,2) | numeric(21,2) | numeric | ${writable}`,
      bigint: `numeric(21,2) | numeric | ${writable}`,
      'numeric(4,0)': `numeric(5,0) | numeric(10,2) | numeric(12,2) | numeric(21,2) | numeric | ${writable}`,
      'numeric(5,0)': `numeric(10,2) | numeric(12,2) | numeric(21,2) | numeric | ${writable}`,
      'numeric(10,2)': `numeric(12,2) | numeric(21,2) | numeric | ${writable}`,
      'numeric(12,2)': `numeric(21,2) | numeric | ${writable}`,
      'numeric(21,2)': `numeric | ${writable}`,
      'numeric(3,-2)': `numeric(5,0) | numeric(10,2) | numeric(12,2) | numeric(21,2) | numeric | ${writable}`,
      'numeric(2,5)': `numeric | ${writable}`,
      numeric: writable,
      real: `double precision | ${writable}`,
      'double precision': writable,
      boolean: writable,
      'character(4)': writable,
      'character varying(4)': writable,
      'character varying': writable,
      date: `text | timestamp without time zone`,
      'time(3) without time zone': `text | time without time zone`,
      'time without time zone': writable,
      'timestamp(0) without time zone': `text | timestamp without time zone`,
      'timestamp without time zone': writable,
      'timestamp(6) with time zone': `text | timestamp with time zone`,
      'timestamp with time zone': writable,
      uuid: writable,
      json: writable,
      jsonb: writable,
    })
  })

  it('goes by the elements of arrays, and compares arrays of one type only', () => {
    assert.ok(widensTo('integer[]', 'bigint[]'))
    assert.ok(widensTo('numeric(10,2)[]', 'text[]'))
    assert.ok(takesAll('numeric(10,2)[]', 'numeric(10,2)[]'))
    assert.ok(!takesAll('bigint[]', 'integer[]'))
    for (const [from, to] of [
      ['bigint[]', 'integer[]'],
      ['integer', 'bigint[]'],
      ['integer[]', 'bigint'],
      ['integer[]', 'text'],
    ] as const) {
      assert.ok(!widensTo(from, to), `${from} to ${to}`)
    }
  })
})
