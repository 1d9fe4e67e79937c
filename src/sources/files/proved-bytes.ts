import { createHash, type Hash } from 'node:crypto'
import { fileChanged } from './file-errors.ts'
import { readOn } from './read-on.ts'

/**
 * A file from its start, of which no answer tells the version, or rows of a query: after a cut, the bytes
 * that are known already are compared with those that come again.
 */
export async function* provedBytes({
  shown,
  changed = () => fileChanged({ url: shown }),
  openAt,
  ...common
}: {
  readonly shown: string
  /** What to throw where other bytes come again. @default SOURCE_CHANGED of a file */
  readonly changed?: () => Error
  readonly openAt: (fromBytes: 0) => Promise<AsyncIterable<Uint8Array>>
  readonly signal: AbortSignal
  readonly firstDelayMs: number
}): AsyncGenerator<Uint8Array> {
  const known = createHash('sha256')
  const bytes = readOn({
    ...common,
    fromBytes: 0,
    openAt: async (fromBytes) => restOfSame(await openAt(0), fromBytes, known, changed),
  })
  for await (const chunk of bytes) {
    known.update(chunk)
    yield chunk
  }
}

/** @throws what `changed` makes, before any byte is given */
async function* restOfSame(
  bytes: AsyncIterable<Uint8Array>,
  knownBytes: number,
  known: Hash,
  changed: () => Error,
): AsyncGenerator<Uint8Array> {
  const again = createHash('sha256')
  let leftBytes = knownBytes
  for await (const chunk of bytes) {
    if (leftBytes === 0) {
      yield chunk
      continue
    }
    const repeated = chunk.subarray(0, Math.min(leftBytes, chunk.byteLength))
    again.update(repeated)
    leftBytes -= repeated.byteLength
    if (leftBytes > 0) continue
    if (!again.digest().equals(known.copy().digest())) throw changed()
    yield chunk.subarray(repeated.byteLength)
  }
  if (leftBytes > 0) throw changed()
}
