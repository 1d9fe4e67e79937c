import { createHash, type Hash } from 'node:crypto'
import { fileChanged } from './file-errors.ts'
import { readOn } from './read-on.ts'

/**
 * A file from its start, of which no answer tells the version: after a cut, the bytes that are known
 * already are compared with those that come again.
 */
export async function* provedBytes({
  shown,
  openAt,
  ...common
}: {
  readonly shown: string
  readonly openAt: (fromBytes: 0) => Promise<AsyncIterable<Uint8Array>>
  readonly signal: AbortSignal
  readonly firstDelayMs: number
}): AsyncGenerator<Uint8Array> {
  const known = createHash('sha256')
  const bytes = readOn({
    ...common,
    fromBytes: 0,
    openAt: async (fromBytes) => restOfSame(await openAt(0), fromBytes, known, shown),
  })
  for await (const chunk of bytes) {
    known.update(chunk)
    yield chunk
  }
}

/** @throws PipelineError SOURCE_CHANGED, before any byte is given */
async function* restOfSame(
  bytes: AsyncIterable<Uint8Array>,
  knownBytes: number,
  known: Hash,
  shown: string,
): AsyncGenerator<Uint8Array> {
  const again = createHash('sha256')
  let leftBytes = knownBytes
  for await (const chunk of bytes) {
    const repeated = chunk.subarray(0, Math.min(leftBytes, chunk.byteLength))
    again.update(repeated)
    const isDone = leftBytes > 0 && leftBytes === repeated.byteLength
    leftBytes -= repeated.byteLength
    if (isDone && !again.digest().equals(known.copy().digest())) throw fileChanged({ url: shown })
    if (leftBytes === 0) yield chunk.subarray(repeated.byteLength)
  }
  if (leftBytes > 0) throw fileChanged({ url: shown })
}
