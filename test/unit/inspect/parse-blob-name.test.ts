import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseBlobName } from '../../../src/inspect/parse-blob-name.ts'

const id = '0190b2a4-6d3c-7e4f-8a9b-0c1d2e3f4a5b'
const dataset = `datasets/flights/2001-01/${id}`

describe('the name of a blob', () => {
  test('is a dataset, a part of one, or the key of a part', () => {
    const part = (partNumber: number | undefined, key?: string) => ({
      datasetId: id,
      partNumber,
      key,
    })
    assert.deepEqual(parseBlobName(id), part(undefined))
    assert.deepEqual(parseBlobName(`${id.toUpperCase()}/8193`), part(8193))
    for (const key of [
      `${dataset}/part-00007.parquet`,
      `${dataset}/part-1f2e3d4c-00007.parquet`,
      `${dataset}/part-0000007.parquet`,
    ]) {
      assert.deepEqual(parseBlobName(key), part(7, key))
    }
  })

  test('is refused with what it is instead', () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      [`${dataset}/manifest.json`, /an object of a dataset.*--blob 0190b2a4/],
      [`${dataset}/converted-00007.parquet`, /an object of a dataset/],
      [`${dataset}/rejects-00007.ndjson.zst`, /an object of a dataset/],
      [
        'landing/flights/2001-01/f/0001/page-0000000-e3b0.json.zst',
        /a page as the source has sent/,
      ],
      ['landing/flights/2001-01/f/0001/item-a/b/page-00000-00001-02.parquet', /a page as the/],
      ['landing/flights/2001-01/f/state.json', /an object of a landing/],
      ['blobs/default/2026-W48/abc', /a payload of workflow histories/],
      ['values/default/w/r/abc', /a value that an activity has parked/],
      ['s3://bucket/part-00007.parquet', /neither the key of a part nor the id/],
      [`${id}/seven`, /neither the key/],
      ['', /neither the key/],
    ]
    for (const [name, message] of cases) {
      assert.throws(
        () => parseBlobName(name),
        (error: Error & { code?: string; remedy?: string }) => {
          assert.equal(error.code, 'BLOB_NOT_PART')
          assert.match(`${error.message} ${error.remedy}`, message)
          return true
        },
        name,
      )
    }
  })
})
