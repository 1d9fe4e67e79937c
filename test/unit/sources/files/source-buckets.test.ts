import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBucketList, SourceBuckets } from '../../../../src/sources/files/source-buckets.ts'
import { S3Connections } from '../../../../src/sources/files/s3-connections.ts'
import { SourceHosts } from '../../../../src/sources/source-hosts.ts'
import { readSettings } from '../../../../src/config/read-settings.ts'

const refused = { code: 'SOURCE_PATH_REFUSED', retryable: false }
const place = 's3://place'

const bucketsOf = (text?: string) =>
  new SourceBuckets({
    ownBucket: 'own',
    listed: text === undefined ? undefined : parseBucketList(text),
  })

test('a list of buckets has names, and folders in them', () => {
  assert.deepEqual(parseBucketList('lake, exports/2001/ , a.b-c/x y/z'), [
    { bucket: 'lake', folder: '' },
    { bucket: 'exports', folder: '2001/' },
    { bucket: 'a.b-c', folder: 'x y/z/' },
  ])
  for (const text of [
    '',
    'lake,',
    'lake/../x',
    'lake//x',
    '/x',
    'la ke',
    's3://lake',
    'lake/*/./x',
  ]) {
    assert.equal(parseBucketList(text), undefined, text)
  }
  assert.deepEqual(readSettings({ CLAIMCHECK_SOURCE_BUCKETS: 'lake/x' }).sourceBuckets, [
    { bucket: 'lake', folder: 'x/' },
  ])
  assert.equal(readSettings({}).sourceBuckets, undefined)
  assert.throws(() => readSettings({ CLAIMCHECK_SOURCE_BUCKETS: 'lake/../x' }), {
    code: 'SETTING_INVALID',
    message: /CLAIMCHECK_SOURCE_BUCKETS must hold buckets/,
  })
})

test('sources read what is listed of the own store, and never what it keeps for itself', () => {
  const all = bucketsOf()
  const some = bucketsOf('lake,exports/2001,own/incoming,own/datasets/flights')
  const verdicts = (buckets: SourceBuckets, isListed: boolean, paths: readonly string[]) =>
    paths.filter((path) => {
      const [bucket = '', ...names] = path.split('/')
      try {
        buckets.admit(bucket, names.join('/'), { isListed, place })
        return true
      } catch (error) {
        assert.deepEqual({ ...(error as object) }['code' as never], refused.code)
        return false
      }
    })
  const data = ['lake/a', 'exports/2001/a', 'own/incoming/a']
  const other = [
    'exports/2002/a',
    'exports/2001',
    'exports/2001/../a',
    'own/a',
    'private/a',
    'LAKE/a',
  ]
  const state = ['landing/a', 'datasets/b/c', 'datasets', 'blobs/x', 'values/x', 'audit/x']
  const hidden = ['own/x/../blobs/a', 'own//blobs/a', 'own/./values/a', 'OWN/landing/a']
  const ofState = [...state.map((key) => `own/${key}`), ...hidden]
  const chosen = 'own/datasets/flights/2001/part-00000.parquet'
  const paths = [...data, ...other, ...ofState, chosen]

  assert.deepEqual(verdicts(all, true, paths), [...data, ...other])
  assert.deepEqual(verdicts(some, true, paths), [...data, chosen])
  // With keys of its own a source reads what these may, but for the state.
  assert.deepEqual(verdicts(some, false, paths), [...data, ...other, chosen])
  assert.ok(all.isState('own', 'landing/x') && !all.isState('lake', 'landing/x'))
  assert.ok(!all.isState('own', 'landings/x'))
})

test('the own store is the own store, whoever asks it', () => {
  const endpoint = 'http://127.0.0.1:9000'
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
  const connections = new S3Connections({
    own: { endpoint, region: 'us-east-1', credentials, bucket: 'own', sourceBuckets: [] },
    environment: { KEY: 'k', STORE: 'http://127.0.0.1:9000/' },
    hosts: new SourceHosts(undefined),
    firstDelayMs: 1,
  })
  const named = (where: string) => ({
    endpoint: where,
    accessKeyId: '${KEY}',
    secretAccessKey: '${KEY}',
  })
  const path = { bucket: 'own', key: 'landing/x', place }
  const asked =
    (where: string | undefined, key = path.key) =>
    () =>
      connections.admit(where === undefined ? undefined : named(where), { ...path, key })
  assert.throws(asked(undefined), refused)
  assert.throws(asked(undefined, 'x'), { ...refused, message: /out of the buckets/ })
  assert.throws(asked('${STORE}'), { ...refused, message: /keeps for itself/ })
  asked('${STORE}', 'x')()
  asked('http://127.0.0.1:9001')()
  assert.ok(connections.isState(undefined, 'own', 'blobs/x'))
  assert.ok(!connections.isState(named('http://127.0.0.1:9001'), 'own', 'blobs/x'))
  connections.close()
})
