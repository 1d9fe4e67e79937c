import assert from 'node:assert/strict'
import { delimiter } from 'node:path'
import { test } from 'node:test'
import { readSettings } from '../../../src/config/read-settings.ts'

test('nothing set means the embedded servers and the defaults', () => {
  assert.deepEqual(readSettings({ CLAIMCHECK_LOG_LEVEL: '', HOME: 'x' }), {
    directory: '.claimcheck',
    pipelines: [],
    logLevel: 'info',
    taskQueue: 'claimcheck',
    thresholdBytes: 131_072,
  })
})

test('every setting is taken', () => {
  const settings = readSettings({
    CLAIMCHECK_DIRECTORY: 'data',
    CLAIMCHECK_PIPELINES: ['a', '', 'b'].join(delimiter),
    CLAIMCHECK_LOG_LEVEL: 'warn',
    CLAIMCHECK_TASK_QUEUE: 'bulk',
    CLAIMCHECK_THRESHOLD_BYTES: '2048',
  })
  assert.deepEqual(settings, {
    directory: 'data',
    pipelines: ['a', 'b'],
    logLevel: 'warn',
    taskQueue: 'bulk',
    thresholdBytes: 2048,
  })
})

for (const [name, value] of [
  ['CLAIMCHECK_LOG_LEVEL', 'hunter2'],
  ['CLAIMCHECK_THRESHOLD_BYTES', '128KiB'],
  ['CLAIMCHECK_THRESHOLD_BYTES', '10'],
  ['CLAIMCHECK_THRESHOLD_BYTES', '2000000'],
] as const) {
  test(`${name}=${value} is refused by name, without its value`, () => {
    assert.throws(
      () => readSettings({ [name]: value }),
      (error) => {
        assert.ok(error instanceof Error && 'code' in error)
        assert.equal(error.code, 'SETTING_INVALID')
        assert.ok(error.message.startsWith(`${name} must be`))
        assert.doesNotMatch(error.message, /hunter2/i)
        return true
      },
    )
  })
}

test('several wrong settings are named together', () => {
  assert.throws(
    () => readSettings({ CLAIMCHECK_LOG_LEVEL: 'x', CLAIMCHECK_THRESHOLD_BYTES: 'x' }),
    { message: /CLAIMCHECK_LOG_LEVEL .*; CLAIMCHECK_THRESHOLD_BYTES / },
  )
})
