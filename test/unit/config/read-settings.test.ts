import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { readSettings } from '../../../src/config/read-settings.ts'

const keys = `new:${Buffer.alloc(32, 1).toString('base64')},old:${Buffer.alloc(32, 2).toString('base64')}`

test('nothing set means the embedded servers and the defaults', () => {
  assert.deepEqual(readSettings({ CLAIMCHECK_LOG_LEVEL: '', HOME: 'x' }), {
    directory: '.claimcheck',
    pipelines: [],
    modules: ['modules'],
    logLevel: 'info',
    taskQueue: 'claimcheck',
    worker: {
      roles: ['orchestration', 'fetching', 'converting', 'loading'],
      concurrency: { fetching: 4, converting: 2, loading: 4 },
    },
    payloads: { thresholdBytes: 131_072 },
    web: { host: '127.0.0.1', port: 8282 },
  })
})

test('every setting is taken', () => {
  const { payloads, ...settings } = readSettings({
    CLAIMCHECK_DIRECTORY: 'data',
    CLAIMCHECK_PIPELINES: ['a', '', 'b'].join(delimiter),
    CLAIMCHECK_MODULES: ['c', 'd'].join(delimiter),
    CLAIMCHECK_LOG_LEVEL: 'warn',
    CLAIMCHECK_TASK_QUEUE: 'nightly',
    CLAIMCHECK_WORKER_ROLES: 'converting, fetching,converting',
    CLAIMCHECK_FETCHING_CONCURRENCY: '100',
    CLAIMCHECK_CONVERTING_CONCURRENCY: '1',
    CLAIMCHECK_LOADING_CONCURRENCY: '10',
    CLAIMCHECK_DEPLOYMENT_VERSION: 'claimcheck.1.4.0',
    CLAIMCHECK_THRESHOLD_BYTES: '2048',
    CLAIMCHECK_ENCRYPTION_KEYS: keys,
    CLAIMCHECK_CACHE_DIRECTORY: 'cache',
    CLAIMCHECK_CACHE_BYTES: '1000',
    CLAIMCHECK_WEB_HOST: '::1',
    CLAIMCHECK_WEB_PORT: '0',
    CLAIMCHECK_WEB_TOKEN: 'token',
    CLAIMCHECK_WEB_ORIGINS: 'https://a.example, http://localhost:8233',
  })
  assert.deepEqual(settings, {
    directory: 'data',
    pipelines: ['a', 'b'],
    modules: ['c', 'd'],
    logLevel: 'warn',
    taskQueue: 'nightly',
    worker: {
      roles: ['fetching', 'converting'],
      concurrency: { fetching: 100, converting: 1, loading: 10 },
      deploymentVersion: { deploymentName: 'claimcheck', buildId: '1.4.0' },
    },
    web: {
      host: '::1',
      port: 0,
      token: 'token',
      origins: ['https://a.example', 'http://localhost:8233'],
    },
  })
  const { encryption, ...rest } = payloads
  assert.deepEqual(rest, {
    thresholdBytes: 2048,
    diskCache: { directory: 'cache', maxBytes: 1000 },
  })
  assert.equal(encryption?.current(), 'new')
  assert.deepEqual(encryption?.find('old'), Buffer.alloc(32, 2))
})

test('keys are taken out of a file', async (context) => {
  const path = join(await mkdtemp(join(tmpdir(), 'claimcheck-keys-')), 'keys.txt')
  context.after(() => rm(dirname(path), { recursive: true }))
  await writeFile(path, `# the current one first\n${keys.replace(',', '\n')}\n`)
  const { encryption } = readSettings({ CLAIMCHECK_ENCRYPTION_KEYS_FILE: path }).payloads
  assert.equal(encryption?.current(), 'new')
  assert.deepEqual(encryption?.find('new'), Buffer.alloc(32, 1))
})

test('keys in a variable and in a file as well are refused', () => {
  assert.throws(
    () =>
      readSettings({ CLAIMCHECK_ENCRYPTION_KEYS: keys, CLAIMCHECK_ENCRYPTION_KEYS_FILE: 'keys' }),
    { code: 'SETTING_INVALID', message: /both set/ },
  )
})

for (const [name, value] of [
  ['CLAIMCHECK_LOG_LEVEL', 'hunter2'],
  ['CLAIMCHECK_THRESHOLD_BYTES', '128KiB'],
  ['CLAIMCHECK_THRESHOLD_BYTES', '10'],
  ['CLAIMCHECK_THRESHOLD_BYTES', '2000000'],
  ['CLAIMCHECK_WORKER_ROLES', 'fetching,hunter2'],
  ['CLAIMCHECK_WORKER_ROLES', ','],
  ['CLAIMCHECK_FETCHING_CONCURRENCY', '0'],
  ['CLAIMCHECK_CONVERTING_CONCURRENCY', '101'],
  ['CLAIMCHECK_LOADING_CONCURRENCY', '1.5'],
  ['CLAIMCHECK_DEPLOYMENT_VERSION', 'hunter2'],
  ['CLAIMCHECK_DEPLOYMENT_VERSION', 'claim:check.1'],
  ['CLAIMCHECK_DEPLOYMENT_VERSION', '.1.4.0'],
  ['CLAIMCHECK_WEB_PORT', '65536'],
  ['CLAIMCHECK_WEB_ORIGINS', 'https://hunter2/'],
  ['CLAIMCHECK_WEB_ORIGINS', '*'],
  ['CLAIMCHECK_ENCRYPTION_KEYS', 'hunter2'],
  ['CLAIMCHECK_ENCRYPTION_KEYS', `main:${Buffer.from('hunter2').toString('base64')}`],
  ['CLAIMCHECK_ENCRYPTION_KEYS_FILE', '/hunter2/keys.txt'],
  ['CLAIMCHECK_CACHE_BYTES', '1GB'],
] as const) {
  test(`${name}=${value} is refused by name, without its value`, () => {
    assert.throws(
      () => readSettings({ [name]: value }),
      (error) => {
        assert.ok(error instanceof Error && 'code' in error)
        assert.equal(error.code, 'SETTING_INVALID')
        assert.ok(error.message.startsWith(`${name} must `))
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

test('the hosts of sources are a list, and a wrong one is refused', () => {
  const { sourceHosts } = readSettings({ CLAIMCHECK_SOURCE_HOSTS: 'api.example.com, 10.0.0.0/8' })
  assert.ok(sourceHosts?.hasName('api.example.com') && sourceHosts.hasAddress('10.1.2.3'))
  assert.throws(() => readSettings({ CLAIMCHECK_SOURCE_HOSTS: 'https://hunter2.example.com' }), {
    code: 'SETTING_INVALID',
    message: /^(?!.*hunter2).*CLAIMCHECK_SOURCE_HOSTS must hold hosts/,
  })
})

test('the directories of sources are a list, and an empty one is refused', () => {
  const text = ['/data', 'in', ''].join(delimiter)
  const { sourceDirectories } = readSettings({ CLAIMCHECK_SOURCE_DIRECTORIES: text })
  assert.deepEqual(sourceDirectories, ['/data', 'in'])
  assert.throws(() => readSettings({ CLAIMCHECK_SOURCE_DIRECTORIES: delimiter }), {
    code: 'SETTING_INVALID',
    message: /CLAIMCHECK_SOURCE_DIRECTORIES must hold directories/,
  })
})
