import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { toStoreError } from '../../../../codec/s3-error.ts'
import { PipelineError } from '../../../../activities/pipeline-error.ts'
import { toTargetError } from '../../../../src/targets/parquet/to-target-error.ts'

const target = { kind: 'parquet', bucket: 'lake', prefix: 'flights', mode: 'replace' } as const
const secret = 'AKIASECRET'

function storeError(name: string, httpStatusCode: number): Error {
  const error = Object.assign(new Error(`${secret} at store.secret.test`), { name })
  return toStoreError(Object.assign(error, { $metadata: { httpStatusCode } }), { key: 'k' })
}

function targetError(error: unknown): PipelineError {
  const found = toTargetError(error, target)
  assert.ok(found instanceof PipelineError)
  assert.doesNotMatch(`${found.message} ${found.remedy}`, /secret/i)
  return found
}

describe('trouble of a store as trouble of a target', () => {
  const cases: readonly (readonly [string, number, string, boolean])[] = [
    ['AccessDenied', 403, 'TARGET_NOT_WRITABLE', false],
    ['Forbidden', 403, 'TARGET_NOT_WRITABLE', false],
    ['InvalidAccessKeyId', 403, 'TARGET_DENIED', false],
    ['SignatureDoesNotMatch', 403, 'TARGET_DENIED', false],
    ['NoSuchBucket', 404, 'TARGET_NOT_WRITABLE', false],
    ['SlowDown', 503, 'TARGET_UNREACHABLE', true],
    ['NotImplemented', 501, 'TARGET_FAILED', false],
  ]
  for (const [name, status, code, retryable] of cases) {
    test(`${name} is ${code}`, () => {
      const error = targetError(storeError(name, status))
      assert.equal(error.code, code)
      assert.equal(error.retryable, retryable)
      assert.match(error.message, /s3:\/\/lake\/flights/)
    })
  }

  test('names the target where stores are reached as those of sources are', () => {
    const remedy = 'Correct `source.s3.endpoint`.'
    const error = targetError(
      new PipelineError('SOURCE_SETTING_INVALID', '`source.s3.endpoint` is no URL', { remedy }),
    )
    assert.equal(error.message, '`target.s3.endpoint` is no URL')
    assert.equal(error.remedy, 'Correct `target.s3.endpoint`.')
  })

  test('leaves anything else as it is', () => {
    const fault = new TypeError('a fault')
    assert.equal(toTargetError(fault, target), fault)
    const ours = new PipelineError('ROWS_LOST', 'rows', { remedy: 'Again.' })
    assert.equal(toTargetError(ours, target), ours)
  })
})
