import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { hiveDirectory } from '../../../../src/targets/parquet/hive-directory.ts'

const text = { name: 'c', kind: 'text' }

/** As Hive and Spark read the name of a directory: an escape is a letter. */
function read(directory: string): string | null {
  const value = /^c=([^/]*)\/$/.exec(directory)?.[1]
  assert.ok(value !== undefined, directory)
  if (value === '__HIVE_DEFAULT_PARTITION__') return null
  return value.replaceAll(/%([0-9A-F]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  )
}

describe('a Hive directory', () => {
  test('has the value, whatever it is', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({ unit: 'grapheme-ascii', maxLength: 40 }),
      fc.constantFrom('null', 'NULL', 'Null', '%', '%2F', '..'),
    )
    fc.assert(
      fc.property(anyText, (value) => {
        fc.pre(value !== '' && !/[\0\ufffe\uffff]/.test(value))
        assert.equal(read(hiveDirectory([text], [value])), value)
      }),
    )
  })

  test('is named as Hive names it', () => {
    const columns = [
      { name: 'day', kind: 'date' },
      { name: 'carrier', kind: 'text' },
    ]
    assert.equal(
      hiveDirectory(columns, ['2026-11-23', 'a/b: 50%']),
      'day=2026-11-23/carrier=a%2Fb%3A 50%25/',
    )
    assert.equal(
      hiveDirectory(columns, [undefined, 'Ø']),
      'day=__HIVE_DEFAULT_PARTITION__/carrier=Ø/',
    )
    assert.equal(hiveDirectory([], []), '')
  })

  test('is refused for what readers would take for something else', () => {
    const refused = (kind: string, value: string) =>
      assert.throws(() => hiveDirectory([{ name: 'c', kind }], [value]), {
        code: 'TARGET_MISMATCH',
      })
    refused('text', '')
    refused('text', '__HIVE_DEFAULT_PARTITION__')
    refused('text', 'x'.repeat(254))
    refused('text', 'a\uffff')
    refused('date', '0044-03-15 (BC)')
    refused('date', 'infinity')
    refused('date', '10000-01-01')
  })
})
