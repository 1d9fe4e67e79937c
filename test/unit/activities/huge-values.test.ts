import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvValues } from '../../../activities/evolution/see-csv-fields.ts'
import { kindOfText } from '../../../activities/evolution/value-kind.ts'

/** A record has at most 64 MiB. */
const pairs = 'ab'.repeat(8 * 1024 * 1024)

test('the fields of a CSV record are told apart, however long they are', () => {
  assert.deepEqual(csvValues(`1,"${pairs}",2`), ['1', pairs, '2'])
  for (const [record, values] of [
    ['', [undefined]],
    ['a', ['a']],
    [',', [undefined, undefined]],
    ['"",', ['', undefined]],
    ['a,""', ['a', '']],
    ['"a,""b"""', ['a,"b"']],
    ['"a\r\nb",c', ['a\r\nb', 'c']],
    ['""""', ['"']],
  ] as const) {
    assert.deepEqual(csvValues(record), values, record)
  }
})

test('bytes in hexadecimal digits are known, however many they are', () => {
  assert.equal(kindOfText(`\\x${pairs}`), 'bytea')
  assert.deepEqual(['\\x', '\\xaB09', '\\xabc', '\\xzz', 'x'].map(kindOfText), [
    'bytea',
    'bytea',
    'text',
    'text',
    'text',
  ])
})
