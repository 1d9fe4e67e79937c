import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseHostList } from '../../../src/sources/host-list.ts'
import { storeUnderTest } from '../../codec/store-under-test.ts'
import { column } from '../support/column.ts'
import { ids, useParquetBed, type LoadChange, type ParquetTarget } from './parquet-bed.ts'

describe('a check of a Parquet target', () => {
  const bed = useParquetBed()
  const { endpoint, credentials } = storeUnderTest()
  const secret = 'a-secret-that-nobody-may-see'
  const s3 = { endpoint: '${ENDPOINT}', accessKeyId: '${KEY}', secretAccessKey: '${SECRET}' }
  const environment = {
    ENDPOINT: endpoint,
    KEY: credentials?.accessKeyId,
    SECRET: credentials?.secretAccessKey,
  }

  async function refused(
    code: string,
    change: LoadChange,
    target: ParquetTarget = bed.target,
  ): Promise<string> {
    const prefix = change.target?.prefix ?? bed.newPrefix()
    const load = await bed.load(prefix, [ids(0, 1)], change)
    let message = ''
    await assert.rejects(target.check(load.request), (error: Error) => {
      assert.equal('code' in error && error.code, code, error.message)
      const said = `${error.message} ${'remedy' in error ? String(error.remedy) : ''}`
      assert.doesNotMatch(said, /a-secret-that/)
      message = said
      return true
    })
    if (change.target?.prefix === undefined) assert.deepEqual(await bed.keys(prefix), [])
    return message
  }

  test('finds a store that another place names, with rights or without', async () => {
    const target = bed.open({ environment })
    const load = await bed.load(bed.newPrefix(), [ids(0, 1)], { target: { s3 } })
    assert.equal((await load.run(target)).kind, 'published')

    const wrong = bed.open({ environment: { ...environment, SECRET: secret } })
    await refused('TARGET_DENIED', { target: { s3 } }, wrong)
    const unknown = bed.open({ environment: { ...environment, KEY: secret } })
    await refused('TARGET_DENIED', { target: { s3 } }, unknown)
    const nowhere = bed.open({ environment: { ...environment, ENDPOINT: 'http://127.0.0.1:9' } })
    await refused('TARGET_UNREACHABLE', { target: { s3 } }, nowhere)
    const unset = bed.open({ environment: {} })
    assert.match(
      await refused('SOURCE_SETTING_MISSING', { target: { s3 } }, unset),
      /\$\{ENDPOINT\}/,
    )
    const noUrl = bed.open({ environment: { ...environment, ENDPOINT: secret } })
    assert.match(
      await refused('SOURCE_SETTING_INVALID', { target: { s3 } }, noUrl),
      /target\.s3\.endpoint/,
    )
    const allowedHosts = parseHostList('192.0.2.1')
    const listed = bed.open({ environment, allowedHosts })
    await refused('SOURCE_HOST_REFUSED', { target: { s3 } }, listed)
  })

  test('names a bucket that is not there, and does not make it', async () => {
    const target = { bucket: 'no-such-bucket-for-claimcheck' }
    assert.match(await refused('TARGET_NOT_WRITABLE', { target }), /bucket does not exist/)
    assert.match(await refused('TARGET_NOT_WRITABLE', { target }), /bucket does not exist/)
  })

  test('keeps off what the pipelines themselves have', async () => {
    for (const prefix of ['datasets', 'landing/flights', 'blobs/default']) {
      await refused('TARGET_NOT_WRITABLE', { target: { prefix } })
    }
  })

  test('refuses columns that can be no directories, or leave no files', async () => {
    const text = column('carrier', 'text')
    const mismatch = (change: LoadChange) => refused('TARGET_MISMATCH', change)
    const by = (...partitionBy: string[]) => ({ target: { partitionBy } })
    assert.match(await mismatch(by('no_such')), /no column "no_such"/)
    assert.match(await mismatch(by('id', 'carrier')), /no column is left/)
    assert.match(await mismatch(by('carrier', 'carrier')), /twice/)
    for (const kind of ['double', 'timestamp', 'uuid', 'jsonb'] as const) {
      const columns = [column('id', 'bigint', 'key'), column('carrier', kind)]
      assert.match(await mismatch({ ...by('carrier'), columns }), new RegExp(`of type ${kind}`))
    }
    const odd = column('_day', 'text')
    assert.match(await mismatch({ ...by('_day'), columns: [text, odd] }), /name of a directory/)
    const own = column('Dataset_ID', 'text')
    assert.match(await mismatch({ columns: [text, own] }), /each dataset is in/)
    const twin = column('Carrier', 'text')
    assert.match(await mismatch({ columns: [text, twin] }), /differ in case/)
  })
})
