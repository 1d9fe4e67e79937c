import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DatabaseError } from 'pg'
import { toSourceError } from '../../../../src/sources/postgres/to-source-error.ts'

test('what a pooler refuses for good is told from what it has lost', () => {
  const said = (message: string, sqlState = '08P01') => {
    const error = Object.assign(new DatabaseError(message, 0, 'error'), { code: sqlState })
    const { code, retryable, remedy } = toSourceError(error, { url: 'postgres://pooler' })
    return { outcome: [code, retryable], remedy }
  }
  for (const message of [
    'transaction blocks not allowed in statement pooling mode',
    'no such database: warehouse',
    'database "warehouse" does not exist',
    'no such user: reader',
    'SASL authentication failed',
    'unsupported startup parameter: options',
  ]) {
    const { outcome, remedy } = said(message)
    assert.deepEqual(outcome, ['SOURCE_REFUSED', false], message)
    assert.match(remedy, /pooler|`source\.url`/)
  }
  const lost = ['SOURCE_UNREACHABLE', true]
  for (const message of ['server conn crashed?', 'query_wait_timeout']) {
    assert.deepEqual(said(message).outcome, lost, message)
  }
  assert.deepEqual(said('no such user: reader', '08006').outcome, lost)
})
