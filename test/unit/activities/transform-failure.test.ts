import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sqlFailure } from '../../../activities/conversion/sql-failure.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'

const use = { code: 'TRANSFORM_FAILED', what: 'the transform', columns: ['t', 'n'] } as const

function failureOf(error: unknown): [string, boolean] {
  const failure = sqlFailure(error, use)
  assert.ok(failure instanceof PipelineError)
  assert.equal(failure.code, 'TRANSFORM_FAILED')
  return [failure.message, failure.retryable]
}

describe('what a transform fails with', () => {
  test('is a full disk, which another attempt may not meet', () => {
    const full = ['the transform has filled the disk with what does not fit in memory', true]
    for (const message of [
      'IO Error: Could not write file "/tmp/spill/1.tmp": No space left on device',
      `Out of Memory Error: failed to offload data block of size 256.0 KiB (9.0 GiB/9.0 GiB used).
This limit was set by the 'max_temp_directory_size' setting.`,
    ]) {
      assert.deepEqual(failureOf(new Error(message)), full)
    }
    assert.deepEqual(failureOf(Object.assign(new Error('write'), { code: 'ENOSPC' })), full)
  })

  test('is too little memory, which another attempt meets again', () => {
    const message =
      'Out of Memory Error: failed to pin block of size 256.0 KiB (1.0 GiB/1.0 GiB used)'
    assert.deepEqual(failureOf(new Error(message)), [
      'the transform does not fit in 1.0 GiB of memory',
      false,
    ])
  })

  test('is a value, of which nothing is told but the column', () => {
    for (const [message, expected] of [
      [
        `Conversion Error: Could not convert string 'No space left on device' to INT32 when casting from source column t\n\nLINE 1: …`,
        'Conversion Error: column t',
      ],
      [
        `Conversion Error: Could not convert string 'x' to INT32 when casting from source column secret`,
        'Conversion Error',
      ],
      ['Invalid Input Error: max_temp_directory_size', 'Invalid Input Error'],
      ['Out of Range Error: Overflow in multiplication of 5 * 7', 'Out of Range Error'],
    ] as const) {
      assert.deepEqual(failureOf(new Error(message)), [
        `the transform fails on a value (${expected})`,
        false,
      ])
    }
  })

  test('is passed on where it is something else', () => {
    for (const error of [
      new Error('INTERNAL Error: a defect'),
      new Error('IO Error: Cannot open file'),
      new PipelineError('ROWS_LOST', 'Conversion', { remedy: 'None.' }),
      'no error',
    ]) {
      assert.equal(sqlFailure(error, use), error)
    }
  })
})
