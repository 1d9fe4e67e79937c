import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseUrl } from '../../../../src/sources/postgres/database-url.ts'

test('a certificate of a database URL is read from a file, and from nothing without an end', () => {
  const url = 'postgres://db.test/erp?sslrootcert=${CA}'
  const ca = import.meta.filename
  assert.equal(databaseUrl(url, { CA: ca }), url.replace('${CA}', ca))
  for (const CA of ['/dev/null', import.meta.dirname, `${ca}.none`, `${ca}&sslkey=/dev/null`]) {
    assert.throws(() => databaseUrl(url, { CA }), {
      code: 'SOURCE_SETTING_INVALID',
      message: /names a certificate or key that is no file/,
    })
  }
})
