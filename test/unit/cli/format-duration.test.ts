import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDuration } from '../../../src/format-duration.ts'

test('a duration has at most two units', () => {
  const texts = [-1, 0, 1.25, 59.9, 59.96, 3599.6, 7500, 86_400, 277_200].map(formatDuration)
  assert.deepEqual(texts, [
    '0.0 s',
    '0.0 s',
    '1.3 s',
    '59.9 s',
    '1 min 0 s',
    '1 h 0 min',
    '2 h 5 min',
    '1 d 0 h',
    '3 d 5 h',
  ])
})
