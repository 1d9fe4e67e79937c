import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApplicationFailure, defaultPayloadConverter, type ProtoFailure } from '@temporalio/common'
import { ClaimCheckError } from '../../../codec/claim-check-error.ts'
import { toActivityFailure } from '../../../codec/codec-failure.ts'
import { failureConverter } from '../../../codec/failure-converter.ts'

const secret = new Error('SECRET')
const missing = new ClaimCheckError('ENCRYPTION_KEY_MISSING', 'There is no key', {
  remedy: 'Give it.',
  at: { keyId: 'main' },
  cause: secret,
})
const convert = (error: unknown): ProtoFailure =>
  failureConverter.errorToFailure(error, defaultPayloadConverter)

test('errors of the codec stay readable, their causes do not', () => {
  for (const [error, message] of [
    [missing, 'There is no key [keyId=main]'],
    [toActivityFailure(missing), 'There is no key [keyId=main]. Give it.'],
  ] as const) {
    const failure = convert(error)
    assert.equal(failure.message, message)
    assert.equal(failure.stackTrace, '')
    assert.equal(failure.encodedAttributes, null)
    const { encodedAttributes: _sealed, ...readable } = failure.cause?.cause ?? failure.cause ?? {}
    assert.doesNotMatch(JSON.stringify(readable), /SECRET/)
    assert.equal(failureConverter.failureToError(failure, defaultPayloadConverter).message, message)
  }
})

test('what others say of such an error is sealed', () => {
  for (const error of [
    new Error('of SECRET', { cause: missing }),
    ApplicationFailure.create({ message: `${missing.message} of SECRET`, cause: missing }),
    secret,
  ]) {
    const failure = convert(error)
    assert.equal(failure.message, 'Encoded failure')
    const back = failureConverter.failureToError(failure, defaultPayloadConverter)
    assert.equal(back.message, error.message)
  }
})
