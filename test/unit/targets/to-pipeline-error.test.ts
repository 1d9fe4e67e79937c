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
      ['23001', 'TARGET_MISMATCH', false],
      ['0A000', 'TARGET_MISMATCH', false],
      ['53400', 'TARGET_FAILED', false],
      ['55000', 'TARGET_MISMATCH', false],
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

  it('say in words of their own what constraints refuse', () => {
    const expected: [string, RegExp][] = [
      ['23001', /foreign key would refer to rows that are not there/],
      ['23502', /takes no NULL/],
      ['23503', /foreign key would refer to rows that are not there/],
      ['23505', /same values in a unique index/],
      ['23514', /no partition of the table takes it/],
      ['23P01', /exclusion constraint/],
    ]
    for (const [sqlState, said] of expected) {
      const error = toPipelineError(databaseError(sqlState, { constraint: 'c' }), at)
      assert.match(error.message, said)
      assert.match(error.message, /constraint=c/)
    }
  })

  it('quote nothing that a function says, and do not wait for what it lacks', () => {
    const contexts = [
      'PL/pgSQL function tell() line 3 at RAISE',
      'PL/pgSQL-Funktion tell() Zeile 3 bei RAISE',
      'fonction PL/pgsql tell(), ligne 3, à RAISE',
    ]
    for (const where of contexts) {
      for (const sqlState of ['P0001', '55000', '42P01', '42703', '40001', '0A000', '42501']) {
        const error = toPipelineError(databaseError(sqlState, { where }), at)
        assert.match(error.message, /^A function of the database failed/)
        assert.ok(!inspect(error).includes('said by the server'))
        assert.equal(error.retryable, sqlState === '40001')
      }
    }
    const data = 'JSON data, line 1: {"url":"https://shop.pl/...'
    assert.doesNotMatch(
      toPipelineError(databaseError('22P05', { where: data }), at).message,
      /function/,
    )
    const denied = databaseError('42501', { where: contexts[0], routine: 'aclcheck_error' })
    assert.match(toPipelineError(denied, at).message, /^said by the server/)
  })

  it('tell what a pooler refuses for good from what it has lost', () => {
    const said = (message: string) => {
      const error = databaseError('08P01')
      error.message = message
      const { code, retryable } = toPipelineError(error, at)
      return [code, retryable]
    }
    assert.deepEqual(said('transaction blocks not allowed in statement pooling mode'), [
      'TARGET_MISMATCH',
      false,
    ])
    for (const message of [
      'no such database: warehouse',
      'database "warehouse" does not exist',
      'no such user: loader',
      'SASL authentication failed',
      'unsupported startup parameter: options',
    ]) {
      assert.deepEqual(said(message), ['TARGET_DENIED', false], message)
    }
    for (const message of ['server conn crashed?', 'query_wait_timeout']) {
      assert.deepEqual(said(message), ['TARGET_UNREACHABLE', true], message)
    }
  })

  it('wait for a database that takes no connections', () => {
    const error = toPipelineError(databaseError('55000', { severity: 'FATAL' }), at)
    assert.deepEqual([error.code, error.retryable], ['TARGET_UNREACHABLE', true])
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

  it('do not try again what TLS refuses', () => {
    for (const original of [
      coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
      coded('DEPTH_ZERO_SELF_SIGNED_CERT'),
      coded('CERT_HAS_EXPIRED'),
      coded('ERR_TLS_CERT_ALTNAME_INVALID'),
      new Error('The server does not support SSL connections'),
    ]) {
      const error = toPipelineError(original, at)
      assert.deepEqual([error.code, error.retryable], ['TARGET_DENIED', false], original.message)
      assert.match(error.message, /^TLS fails: \S/)
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
