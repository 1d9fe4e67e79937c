import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { DatabaseError } from 'pg'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { toPipelineError } from '../../../src/targets/postgres/to-pipeline-error.ts'

const at = { host: 'db', port: 5432, database: 'warehouse' }

function databaseError(code: string, fields: Partial<DatabaseError> = {}): DatabaseError {
  return Object.assign(new DatabaseError('said by the server', 1, 'error'), { code, ...fields })
}

function coded(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code })
}

describe('errors of PostgreSQL as errors of the pipeline', () => {
  it('say by their SQLSTATE what happened and whether to try again', () => {
    const expected: [string, string, boolean][] = [
      ['08006', 'TARGET_UNREACHABLE', true],
      ['57P03', 'TARGET_UNREACHABLE', true],
      ['57P01', 'TARGET_FAILED', true],
      ['57014', 'TARGET_FAILED', true],
      ['25P03', 'TARGET_FAILED', true],
      ['28P01', 'TARGET_DENIED', false],
      ['28000', 'TARGET_DENIED', false],
      ['3D000', 'TARGET_DENIED', false],
      ['42501', 'TARGET_NOT_WRITABLE', false],
      ['3F000', 'TARGET_NOT_WRITABLE', false],
      ['25006', 'TARGET_NOT_WRITABLE', true],
      ['22P02', 'TARGET_MISMATCH', false],
      ['23505', 'TARGET_MISMATCH', false],
      ['42703', 'TARGET_MISMATCH', false],
      ['42P01', 'TARGET_FAILED', true],
      ['53100', 'TARGET_FAILED', true],
      ['53300', 'TARGET_BUSY', true],
      ['55P03', 'TARGET_BUSY', true],
      ['40P01', 'TARGET_BUSY', true],
      ['P0001', 'TARGET_FAILED', false],
      ['XX000', 'TARGET_FAILED', true],
    ]
    for (const [sqlState, code, retryable] of expected) {
      const error = toPipelineError(databaseError(sqlState), at)
      assert.deepEqual([sqlState, error.code, error.retryable], [sqlState, code, retryable])
      assert.equal(error.at['sqlState'], sqlState)
      assert.notEqual(error.remedy, '')
    }
  })

  it('pass on no field of the original that may hold values', () => {
    const secret = 'row-value'
    for (const sqlState of [
      '22P02',
      '22021',
      '23505',
      '23502',
      '23514',
      'P0001',
      'XX000',
      '42501',
    ]) {
      const original = databaseError(sqlState, {
        detail: `Key (id)=(${secret}) already exists.`,
        where: `COPY t, line 1: "${secret}"`,
        hint: secret,
        internalQuery: secret,
        constraint: 't_pkey',
      })
      if (sqlState !== '42501') original.message = `invalid input: "${secret}"`
      const error = toPipelineError(original, at)
      assert.ok(!inspect(error, { depth: 5 }).includes(secret), sqlState)
      assert.equal(error.cause, undefined)
      assert.equal(error.at['constraint'], 't_pkey')
    }
  })

  it('tell a connection that is gone, in whatever words', () => {
    const gone = [
      coded('ECONNREFUSED'),
      coded('ECONNRESET'),
      coded('EPIPE'),
      coded('ENOTFOUND'),
      new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')], ''),
      new Error('Connection terminated unexpectedly'),
      new Error('timeout expired'),
      new Error('The server does not support SSL connections'),
    ]
    for (const original of gone) {
      const error = toPipelineError(original, at)
      assert.deepEqual(
        [error.code, error.retryable],
        ['TARGET_UNREACHABLE', true],
        original.message,
      )
      assert.match(error.message, /: \S/)
    }
  })

  it('ask for a password where one is missing', () => {
    const original = new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string')
    assert.equal(toPipelineError(original, at).code, 'TARGET_DENIED')
  })

  it('leave errors of the pipeline as they are, and keep faults as the cause', () => {
    const own = new PipelineError('TARGET_BUSY', 'busy', { remedy: 'wait' })
    assert.equal(toPipelineError(own, at), own)
    const fault = new TypeError('x is not a function')
    assert.equal(toPipelineError(fault, at).cause, fault)
  })
})
