import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  displayTable,
  quoteColumn,
  quoteName,
  quoteTable,
} from '../../../src/targets/postgres/sql-name.ts'
import evilNames from '../../fixtures/evil_identifiers.json' with { type: 'json' }

describe('names as SQL identifiers', () => {
  it('are one identifier whatever they hold, and read back as they were', () => {
    for (const name of evilNames.filter((evil) => !evil.includes('\0'))) {
      const quoted = quoteName(name)
      assert.match(quoted, /^"(?:[^"]|"")+"$/)
      assert.equal(quoted.slice(1, -1).replaceAll('""', '"'), name)
    }
  })

  it('are refused where PostgreSQL would cut, end or replace them', () => {
    for (const name of ['', 'x\0y', 'a'.repeat(64), '€'.repeat(22), '\udc00']) {
      assert.throws(() => quoteName(name), { code: 'TARGET_MISMATCH' })
    }
    assert.equal(quoteName('a'.repeat(63)).length, 65)
    assert.equal(quoteName('€'.repeat(21)).length, 23)
  })

  it('are refused for columns where the table has its own of that name', () => {
    for (const name of ['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid', '_position']) {
      assert.throws(() => quoteColumn(name), { code: 'TARGET_MISMATCH' })
      assert.equal(quoteName(name), `"${name}"`)
    }
    assert.equal(quoteColumn('CTID'), '"CTID"')
  })

  it('are shown without quotes where that is not ambiguous', () => {
    assert.equal(displayTable({ schema: 'public', table: 'flights' }), 'public.flights')
    assert.equal(displayTable({ schema: 'a.b', table: 'C' }), '"a.b"."C"')
    assert.equal(quoteTable({ schema: 'a', table: 'b"c' }), '"a"."b""c"')
  })
})
