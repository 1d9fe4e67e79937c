import { Readable } from 'node:stream'

/**
 * The bytes that `chunks` yields, as a stream. `release` is called when the stream ends or is
 * destroyed, at once: by itself a generator hears of it only after the bytes it waits for, and one
 * that was never started not at all.
 */
export function byteStream(chunks: AsyncGenerator<Uint8Array>, release: () => void): Readable {
  const stream = Readable.from(chunks, { objectMode: false })
  const endGenerator = stream._destroy.bind(stream)
  stream._destroy = (error, callback) => {
    release()
    endGenerator(error, callback)
  }
  return stream
}
