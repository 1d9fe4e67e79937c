import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { readThrift } from '../../../activities/parquet/read-thrift.ts'
import { MalformedThriftError, ThriftStruct } from '../../../activities/parquet/thrift.ts'
import { writeThrift } from '../../../activities/parquet/write-thrift.ts'

const folder = fileURLToPath(new URL('../../fixtures/parquet/', import.meta.url))

function footerOf(name: string): Buffer {
  const file = readFileSync(folder + name)
  const end = file.length - 8
  return file.subarray(end - file.readUInt32LE(end), end)
}

describe('the metadata of a Parquet file', () => {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.parquet'))) {
    if (name === 'zero_bytes.parquet') continue
    test(`of ${name} is written as it was read`, () => {
      const footer = footerOf(name)
      assert.deepEqual(writeThrift(readThrift(footer)), footer)
    })
  }

  test('keeps integers of any size', () => {
    const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    fc.assert(
      fc.property(integer, fc.integer({ min: 1, max: 32_767 }), (value, id) => {
        const struct = new ThriftStruct()
        struct.fields.set(id, { type: 6, value })
        const read = readThrift(writeThrift(struct)).fields.get(id)?.value
        assert.ok(typeof read === 'number' || typeof read === 'bigint')
        assert.equal(BigInt(read), value)
      }),
    )
  })

  test('is refused where it was cut off, and never read without end', () => {
    const footer = footerOf('kinds.parquet')
    for (let length = 0; length < footer.length; length += 37) {
      assert.throws(() => readThrift(footer.subarray(0, length)), MalformedThriftError)
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          readThrift(Buffer.from(bytes))
        } catch (error) {
          assert.ok(error instanceof MalformedThriftError)
        }
      }),
    )
  })
})
