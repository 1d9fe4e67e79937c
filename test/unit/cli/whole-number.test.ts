import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidArgumentError } from '@commander-js/extra-typings'
import { wholeNumber } from '../../../src/cli/whole-number.ts'

test('a whole number of the range is read, and whatever else is refused with the range', () => {
  const read = wholeNumber({ least: 0, most: 65_535 })
  assert.deepEqual(['0', '8282', '65535'].map(read), [0, 8282, 65_535])
  for (const text of ['', '65536', '-1', '1.5', '1e3', '0x10', ' 1', '9'.repeat(400)]) {
    assert.throws(() => read(text), InvalidArgumentError, text)
  }
  assert.throws(() => wholeNumber()('0'), /Give a whole number from 1 on\./)
  assert.throws(() => read('x'), /from 0 to 65535\./)
})
