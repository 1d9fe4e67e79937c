import assert from 'node:assert/strict'
import { test } from 'node:test'
import { externalAddresses } from '../../../infra/stack/external-addresses.ts'

const key = { CLAIMCHECK_STORE_ACCESS_KEY_ID: 'id', CLAIMCHECK_STORE_SECRET_ACCESS_KEY: 'key' }

test('nothing set names no server; an empty variable is not set', () => {
  assert.deepEqual(externalAddresses({ TEMPORAL_ADDRESS: '', HOME: 'x' }), {})
})

test('every address is taken', () => {
  assert.deepEqual(
    externalAddresses({
      TEMPORAL_ADDRESS: 'temporal.invalid:7233',
      TEMPORAL_NAMESPACE: 'etl',
      CLAIMCHECK_TEMPORAL_UI_URL: 'https://ui.invalid/',
      CLAIMCHECK_STORE_ENDPOINT: 'http://store.invalid:9000',
      CLAIMCHECK_STORE_REGION: 'eu-north-1',
      CLAIMCHECK_STORE_BUCKET: 'loads',
      ...key,
      CLAIMCHECK_DATABASE_URL: 'postgres://u:p@database.invalid/etl',
    }),
    {
      temporal: {
        address: 'temporal.invalid:7233',
        namespace: 'etl',
        uiUrl: 'https://ui.invalid',
      },
      store: {
        endpoint: 'http://store.invalid:9000',
        region: 'eu-north-1',
        bucket: 'loads',
        credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
      },
      database: { url: 'postgres://u:p@database.invalid/etl' },
    },
  )
})

test('a bucket without an endpoint is on AWS', () => {
  assert.deepEqual(externalAddresses({ CLAIMCHECK_STORE_BUCKET: 'loads' }), {
    store: { region: 'us-east-1', bucket: 'loads' },
  })
})

test('a wrong address or half a key is refused by name, without its value', () => {
  for (const environment of [
    { CLAIMCHECK_STORE_ENDPOINT: 'hunter2' },
    { CLAIMCHECK_DATABASE_URL: 'mysql://u:hunter2@h/d' },
    { CLAIMCHECK_TEMPORAL_UI_URL: 'hunter2:8233' },
    { CLAIMCHECK_STORE_ACCESS_KEY_ID: 'hunter2' },
    { CLAIMCHECK_STORE_SECRET_ACCESS_KEY: 'hunter2' },
  ]) {
    assert.throws(
      () => externalAddresses(environment),
      (error: Error) => {
        assert.match(
          error.message,
          /^CLAIMCHECK_(STORE_ENDPOINT|DATABASE_URL|TEMPORAL_UI_URL|STORE_ACCESS_KEY_ID) /,
        )
        assert.doesNotMatch(error.message, /hunter2/)
        return 'code' in error && error.code === 'STACK_SETTING_INVALID'
      },
    )
  }
})
