import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { PipelineError } from '../../../../activities/pipeline-error.ts'
import { provedBytes } from '../../../../src/sources/files/proved-bytes.ts'

const cut = () =>
  new PipelineError('SOURCE_UNREACHABLE', 'cut', { remedy: 'Go on.', retryable: true })

/** The bytes in chunks of a size, as far as they are not cut. */
async function* chunksOf(
  bytes: Uint8Array,
  chunkBytes: number,
  cutBytes: number | undefined,
): AsyncGenerator<Uint8Array> {
  const end = Math.min(cutBytes ?? bytes.length, bytes.length)
  for (let start = 0; start < end; start += chunkBytes) {
    yield bytes.subarray(start, Math.min(start + chunkBytes, end))
  }
  if (cutBytes !== undefined) throw cut()
}

const read = async (tries: readonly (() => AsyncIterable<Uint8Array>)[]): Promise<Buffer> => {
  const left = [...tries]
  const proved = provedBytes({
    shown: 'here',
    openAt: async () => left.shift()?.() ?? chunksOf(new Uint8Array(), 1, 0),
    signal: new AbortController().signal,
    firstDelayMs: 1,
  })
  return Buffer.concat(await Array.fromAsync(proved))
}

test('what is cut off goes on where it was, however it comes again', async () => {
  const sizes = fc.array(fc.record({ chunk: fc.integer({ min: 1, max: 9 }), part: fc.nat(60) }), {
    maxLength: 3,
  })
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 60 }),
      sizes,
      fc.integer({ min: 1, max: 70 }),
      async (bytes, cuts, lastChunk) => {
        const tries = cuts.map(
          ({ chunk, part }) =>
            () =>
              chunksOf(bytes, chunk, part),
        )
        const whole = await read([...tries, () => chunksOf(bytes, lastChunk, undefined)])
        assert.ok(whole.equals(bytes))
      },
    ),
  )
})

test('what comes again otherwise, or shorter, is refused before it is given', async () => {
  const bytes = Buffer.from('abcdefghij')
  for (const other of ['abcdXfghij', 'abcd']) {
    const again = () => chunksOf(Buffer.from(other), 3, undefined)
    await assert.rejects(read([() => chunksOf(bytes, 2, 6), again]), {
      code: 'SOURCE_CHANGED',
      retryable: true,
    })
  }
  const later = await read([
    () => chunksOf(bytes, 2, 6),
    () => chunksOf(Buffer.from('abcdefGHIJ'), 3, undefined),
  ])
  assert.equal(later.toString(), 'abcdefGHIJ')
})
