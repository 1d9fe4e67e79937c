import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ColumnDefinition, ScalarType } from '../../../activities/pipeline-definition.ts'
import { copyBinary } from '../../../src/targets/postgres/copy-binary-encoder.ts'
import { column } from '../../targets/support/column.ts'
import { partChunkOf, partOf, type Row, type Value } from '../../targets/support/part-chunk-of.ts'

async function encode(columns: readonly ColumnDefinition[], rows: readonly Row[]): Promise<Buffer> {
  const part = copyBinary({ columns, chunks: partOf(columns, rows), partNumber: 3 })
  return Buffer.concat(await all(part.bytes))
}

async function all(bytes: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const buffers: Buffer[] = []
  for await (const buffer of bytes) buffers.push(buffer)
  return buffers
}

describe('a part as binary COPY', () => {
  it('has a header, each row with its position, and an end', async () => {
    const columns = [column('id', 'bigint', 'key'), column('name', 'text')]
    const bytes = await encode(columns, [
      [-2n, 'ø'],
      [7n, null],
    ])
    assert.equal(
      bytes.toString('hex'),
      [
        ['5047434f50590aff0d0a00', '00000000', '00000000'],
        [
          '0003',
          '00000008',
          '0000000300000000',
          '00000008',
          'fffffffffffffffe',
          '00000002',
          'c3b8',
        ],
        ['0003', '00000008', '0000000300000001', '00000008', '0000000000000007', 'ffffffff'],
        ['ffff'],
      ]
        .flat()
        .join(''),
    )
  })

  it('counts positions on from chunk to chunk', async () => {
    const columns = [column('id', 'integer')]
    async function* chunks() {
      for (const rows of [[[1], [2]], [], [[3]]]) yield partChunkOf(columns, rows)
    }
    const part = copyBinary({ columns, chunks: chunks(), partNumber: 0 })
    const bytes = Buffer.concat(await all(part.bytes))
    const positions = [0, 1, 2].map((row) => bytes.readUInt32BE(19 + row * 22 + 10))
    assert.deepEqual(positions, [0, 1, 2])
    assert.equal(part.rowCount(), 3)
  })

  it('hands out each buffer once and never writes into it again', async () => {
    const columns = [column('text', 'text')]
    const rows = Array.from({ length: 20_000 }, (_, row) => [String(row).repeat(20)])
    const part = copyBinary({ columns, chunks: partOf(columns, rows), partNumber: 0 })
    const kept: { buffer: Buffer; copy: Buffer }[] = []
    for await (const buffer of part.bytes) kept.push({ buffer, copy: Buffer.from(buffer) })
    assert.ok(kept.length > 5)
    for (const { buffer, copy } of kept) assert.ok(buffer.equals(copy))
    assert.equal(new Set(kept.map(({ buffer }) => buffer.buffer)).size, kept.length)
  })

  it('writes again into buffers that were given back, and into no other', async () => {
    const columns = [column('text', 'text')]
    const rows = Array.from({ length: 40_000 }, (_, row) => [
      String(row).repeat(row % 5000 === 0 ? 50_000 : 20),
    ])
    const encoded = await encode(columns, rows)
    const part = copyBinary({ columns, chunks: partOf(columns, rows), partNumber: 3 })
    const memories = new Set<ArrayBufferLike>()
    const copies: Buffer[] = []
    for await (const buffer of part.bytes) {
      memories.add(buffer.buffer)
      copies.push(Buffer.from(buffer))
      part.giveBack(buffer)
    }
    assert.ok(Buffer.concat(copies).equals(encoded))
    assert.ok(memories.size < copies.length / 2, `${memories.size} of ${copies.length}`)
  })

  it('reads vectors that are views of a larger memory', async () => {
    const memory = new BigInt64Array([99n, 5n, -6n, 99n])
    const values = memory.subarray(1, 3)
    async function* chunks() {
      yield { rowCount: 2, columns: [{ form: 'int64', values, nulls: new Uint8Array(2) } as const] }
    }
    const part = copyBinary({ columns: [column('id', 'bigint')], chunks: chunks(), partNumber: 0 })
    const bytes = Buffer.concat(await all(part.bytes))
    assert.deepEqual([bytes.readBigInt64BE(37), bytes.readBigInt64BE(37 + 26)], [5n, -6n])
  })

  it('writes an array with its dimension, and an empty one without', async () => {
    const columns = [column('v', { kind: 'array', element: { kind: 'smallint' } })]
    const bytes = await encode(columns, [[[7, null, -1]], [[]], [null], [[5]]])
    const position = (row: number) => ['0002', '00000008', `000000030000000${row}`]
    // Dimensions, whether there are NULLs, and the element type, int2.
    const head = (dimensions: number, nulls: number) => [
      `0000000${dimensions}`,
      `0000000${nulls}`,
      '00000015',
    ]
    assert.equal(
      bytes.subarray(19).toString('hex'),
      [
        [...position(0), '00000024', ...head(1, 1), '00000003', '00000001'],
        ['00000002', '0007', 'ffffffff', '00000002', 'ffff'],
        [...position(1), '0000000c', ...head(0, 0)],
        [...position(2), 'ffffffff'],
        [...position(3), '0000001a', ...head(1, 0), '00000001', '00000001', '00000002', '0005'],
        ['ffff'],
      ]
        .flat()
        .join(''),
    )
  })

  it('writes an array that is longer than a buffer', async () => {
    const columns = [column('v', { kind: 'array', element: { kind: 'text' } })]
    const long = Array.from({ length: 50_000 }, (_, index) => `element ${index}`)
    const bytes = await encode(columns, [[long], [['end']]])
    const length = bytes.readInt32BE(33)
    assert.equal(length, 20 + long.reduce((sum, { length: bytesOf }) => sum + 4 + bytesOf, 0))
    // The next row begins where the array ends.
    assert.equal(bytes.readInt16BE(37 + length), 2)
    const [first, last] = [bytes.indexOf('element 0'), bytes.indexOf('element 49999')]
    assert.ok(first === 61 && last > first && last < 37 + length)
  })

  it('tells the row of an element that the type does not have', async () => {
    const columns = [column('v', { kind: 'array', element: { kind: 'text' } })]
    const rows = [[['a', 'b', null]], [[]], [null], [['c', 'secret\0']], [['d']]]
    await assert.rejects(encode(columns, rows), /column v .*\[column=v, row=3\]/)
  })

  it('refuses lists that reach beyond their elements', async () => {
    const columns = [column('v', { kind: 'array', element: { kind: 'integer' } })]
    const { columns: vectors } = partChunkOf(columns, [[[1, 2]], [[3]]])
    const [vector] = vectors
    assert.ok(vector?.form === 'list')
    const { form, nulls, starts, elements } = vector
    async function* chunks(lengths: readonly number[]) {
      const list = { form, nulls, starts, elements, lengths: Uint32Array.from(lengths) }
      yield { rowCount: 2, columns: [list] }
    }
    for (const lengths of [[2, 2], [4, 1], [2]]) {
      const part = copyBinary({ columns, chunks: chunks(lengths), partNumber: 0 })
      await assert.rejects(all(part.bytes), { code: 'TARGET_MISMATCH' })
    }
  })

  it('refuses a value that the type does not have, telling where it is and not what', async () => {
    const cases: [ScalarType['kind'], Value][] = [
      ['smallint', 32_768],
      ['smallint', -32_769],
      ['date', -2_440_589],
      ['date', 2_145_042_906],
      ['timestamp', -210_866_803_200_000_001n],
      ['timestamptz', -(2n ** 63n)],
      ['text', 'secret\0'],
      ['text', `secret ${'x'.repeat(100)}\0`],
      ['text', 'secret \ud800'],
      ['numeric', 'secret'],
      ['uuid', 'secret'],
      ['uuid', '00000000-0000-0000-0000-00000000000g'],
    ]
    for (const [kind, value] of cases) {
      const type = kind === 'numeric' ? { kind, precision: 38, scale: 0 } : { kind }
      const good = partChunkOf([column('c', type)], [[null], [null]])
      const bad = partChunkOf([column('c', type)], [[null], [value]])
      async function* chunks() {
        yield good
        yield bad
      }
      const part = copyBinary({ columns: [column('c', type)], chunks: chunks(), partNumber: 0 })
      await assert.rejects(all(part.bytes), (error: Error) => {
        assert.match(error.message, /\[column=c, row=3\]/)
        assert.doesNotMatch(error.message, /secret|32768/)
        return true
      })
    }
  })

  it('refuses a chunk that is not of the declared columns', async () => {
    const rows = [[1]]
    const chunk = partChunkOf([column('id', 'integer')], rows)
    const others = [
      { columns: [column('id', 'bigint')], chunk },
      { columns: [column('id', 'integer'), column('more', 'text')], chunk },
      { columns: [column('id', 'integer')], chunk: { ...chunk, rowCount: 2 } },
      { columns: [column('id', { kind: 'array', element: { kind: 'integer' } })], chunk },
    ]
    for (const { columns, chunk: given } of others) {
      async function* chunks() {
        yield given
      }
      const part = copyBinary({ columns, chunks: chunks(), partNumber: 0 })
      await assert.rejects(all(part.bytes), { code: 'TARGET_MISMATCH' })
    }
  })
})
