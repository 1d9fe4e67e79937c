import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommanderError } from '@commander-js/extra-typings'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { ClaimCheckError } from '../../../codec/claim-check-error.ts'
import { StackError } from '../../../infra/stack-error.ts'
import { CommandError } from '../../../src/command-error.ts'
import { exitCodeOf } from '../../../src/exit-code.ts'

const options = { remedy: 'x' }

for (const [error, expected] of [
  [new CommandError('PIPELINE_INVALID', 'x', options), 2],
  [new CommandError('PARTITION_INVALID', 'x', options), 2],
  [new CommandError('TARGET_INVALID', 'x', options), 2],
  [new CommandError('SETTING_INVALID', 'x', options), 2],
  [new CommandError('PIPELINE_NOT_FOUND', 'x', options), 4],
  [new CommandError('TEMPORAL_UNREACHABLE', 'x', options), 5],
  [new CommandError('RUN_FAILED', 'x', options), 1],
  [new ClaimCheckError('BLOB_DAMAGED', 'x', options), 3],
  [new ClaimCheckError('STORE_UNREACHABLE', 'x', options), 5],
  [new ClaimCheckError('STORE_DENIED', 'x', options), 1],
  [new PipelineError('TARGET_UNREACHABLE', 'x', options), 5],
  [new PipelineError('SOURCE_SETTING_MISSING', 'x', options), 2],
  [new PipelineError('ROWS_LOST', 'x', options), 1],
  [new StackError('STACK_SERVER_UNREACHABLE', 'x', options), 5],
  [new StackError('STACK_SETTING_INVALID', 'x', options), 2],
  [new StackError('STACK_BUSY', 'x', options), 1],
  [new CommanderError(0, 'commander.helpDisplayed', 'x'), 0],
  [new CommanderError(1, 'commander.unknownOption', 'x'), 2],
  [new Error('a bug'), 1],
  [undefined, 1],
] as const) {
  const what = error !== undefined && 'code' in error ? error.code : String(error)
  test(`${what} exits with ${expected}`, () => assert.equal(exitCodeOf(error), expected))
}
