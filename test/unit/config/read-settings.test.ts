import assert from 'node:assert/strict'
import { delimiter } from 'node:path'
import { test } from 'node:test'
import { readSettings } from '../../../src/config/read-settings.ts'

test('nothing set means the embedded servers and the defaults', () => {
  assert.deepEqual(readSettings({ CLAIMCHECK_DATABASE_URL: '', HOME: 'x' }), {
    directory: '.claimcheck',
    pipelines: [],
    logLevel: 'info',
    taskQueue: 'claimcheck',
    thresholdBytes: 131_072,
  })
})

test('every setting is taken', () => {
  const settings = readSettings({
    TEMPORAL_ADDRESS: 'temporal.invalid:7233',
    TEMPORAL_NAMESPACE: 'etl',
    CLAIMCHECK_STORE_ENDPOINT: 'http://store.invalid:9000',
    CLAIMCHECK_STORE_REGION: 'eu-north-1',
    CLAIMCHECK_STORE_BUCKET: 'loads',
    CLAIMCHECK_STORE_ACCESS_KEY_ID: 'id',
    CLAIMCHECK_STORE_SECRET_ACCESS_KEY: 'key',
    CLAIMCHECK_DATABASE_URL: 'postgres://u:p@database.invalid/etl',
    CLAIMCHECK_DIRECTORY: 'data',
    CLAIMCHECK_PIPELINES: ['a', '', 'b'].join(delimiter),
    CLAIMCHECK_LOG_LEVEL: 'warn',
    CLAIMCHECK_TASK_QUEUE: 'bulk',
    CLAIMCHECK_THRESHOLD_BYTES: '2048',
  })
  assert.deepEqual(settings, {
    temporal: { address: 'temporal.invalid:7233', namespace: 'etl' },
    store: {
      endpoint: 'http://store.invalid:9000',
      region: 'eu-north-1',
      bucket: 'loads',
      credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
    },
    database: { url: 'postgres://u:p@database.invalid/etl' },
    directory: 'data',
    pipelines: ['a', 'b'],
    logLevel: 'warn',
    taskQueue: 'bulk',
    thresholdBytes: 2048,
  })
})

test('a bucket without an endpoint is on AWS', () => {
  const { store } = readSettings({ CLAIMCHECK_STORE_BUCKET: 'loads' })
  assert.deepEqual(store, { region: 'us-east-1', bucket: 'loads' })
})

for (const [name, value] of [
  ['TEMPORAL_ADDRESS', 'http://hunter2'],
  ['CLAIMCHECK_STORE_ENDPOINT', 'hunter2'],
  ['CLAIMCHECK_STORE_BUCKET', 'Hunter2'],
  ['CLAIMCHECK_DATABASE_URL', 'mysql://u:hunter2@h/d'],
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

test('half a key is refused, naming the other half', () => {
  assert.throws(() => readSettings({ CLAIMCHECK_STORE_ACCESS_KEY_ID: 'a' }), {
    message: /^CLAIMCHECK_STORE_SECRET_ACCESS_KEY /,
  })
  assert.throws(() => readSettings({ CLAIMCHECK_STORE_SECRET_ACCESS_KEY: 'a' }), {
    message: /^CLAIMCHECK_STORE_ACCESS_KEY_ID /,
  })
})

test('several wrong settings are named together', () => {
  assert.throws(
    () => readSettings({ CLAIMCHECK_LOG_LEVEL: 'x', CLAIMCHECK_THRESHOLD_BYTES: 'x' }),
    { message: /CLAIMCHECK_LOG_LEVEL .*; CLAIMCHECK_THRESHOLD_BYTES / },
  )
})
