import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatBytes } from '../../../src/format-number.ts'

test('bytes have two digits or more, and the unit that they are rounded to', () => {
  const kibibyte = 1024
  const mebibyte = kibibyte ** 2
  const texts = [
    0,
    1023,
    kibibyte,
    1536,
    10 * kibibyte - 1,
    mebibyte - 1,
    mebibyte,
    5000 * kibibyte ** 4,
  ].map(formatBytes)
  assert.deepEqual(texts, [
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '10 KiB',
    '1.0 MiB',
    '1.0 MiB',
    '5000 TiB',
  ])
})
