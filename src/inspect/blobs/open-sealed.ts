import { readEnvelopeHeader } from '../../../codec/envelope-header.ts'
import type { Digest, ErrorPlace } from '../../../codec/index.ts'
import { damaged, maxHeaderBytes, type EnvelopeHeader } from '../../../codec/envelope-header.ts'
import { compressedFlag, frameHeadBytes, FrameScanner } from '../../../codec/frame-scanner.ts'
import { openEnvelope, openPieces } from '../../../codec/open-envelope.ts'
import { PlainMeter } from '../../../codec/plain-meter.ts'
import { requireFacts, type PlainFacts } from '../../../codec/sealed-objects.ts'
import type { SealingKey, SealingKeys } from '../../../codec/sealing-keys.ts'
import { beginPieces } from './begin-pieces.ts'

/** How an object is framed, as its first bytes say. */
export interface SealFacts {
  readonly envelopeVersion: 1 | 2
  /** Of the first frame: a frame is compressed where that saves something. */
  readonly compression: 'none' | 'zstd'
  readonly encryptionKeyId: string | undefined
}

/** What the plain bytes have to be, as far as that is known: of streams, a claim alone knows. */
export interface ExpectedPlain {
  readonly digest: string | undefined
  readonly sizeBytes: number | undefined
}

export interface BegunSealed {
  readonly seal: SealFacts
  /**
   * The plain bytes. Each frame is checked before it goes on, and the whole at its end.
   * Throws `BLOB_DAMAGED` and `ENCRYPTION_KEY_…`.
   */
  open(keys: SealingKeys, expected: ExpectedPlain): AsyncGenerator<Uint8Array, void>
  /** Looks at lengths alone, which needs no key. Throws `BLOB_DAMAGED`. */
  scan(): Promise<void>
  close(): Promise<void>
}

const encryptedCheckBytes = 16
const plainCheckBytes = 4
/** No writer of version 1 took more. */
const maxWholeBytes = 1024 ** 3

/** Reads as much of an envelope, of either version, as tells what it is. Throws `BLOB_DAMAGED`. */
export async function beginSealed(
  sealed: AsyncIterable<Uint8Array>,
  at: ErrorPlace,
): Promise<BegunSealed> {
  const { start, whole, close } = await beginPieces(sealed, maxHeaderBytes + frameHeadBytes)
  const header = await headerOf(start, at, close)
  return {
    seal: factsOf(header, start),
    async *open(keys, expected) {
      const { plain, key } =
        header.version === 1
          ? await openWhole(whole, { keys, at })
          : await openPieces(whole, { keys, at, maxPlainBytes: expected.sizeBytes ?? Infinity })
      yield* checked(plain, key, expected, at)
    },
    async scan() {
      if (header.version === 1) return
      const isEncrypted = header.encryption !== undefined
      const scanner = new FrameScanner(isEncrypted ? encryptedCheckBytes : plainCheckBytes, at)
      let headerBytes = header.bytes.byteLength
      for await (const piece of whole) {
        for (const _frame of scanner.push(piece.subarray(headerBytes))) continue
        headerBytes = Math.max(headerBytes - piece.byteLength, 0)
      }
      scanner.end()
    },
    close,
  }
}

async function headerOf(
  start: Uint8Array,
  at: ErrorPlace,
  close: () => Promise<void>,
): Promise<EnvelopeHeader> {
  try {
    return readEnvelopeHeader(start, at)
  } catch (error) {
    await close()
    throw error
  }
}

function factsOf(header: EnvelopeHeader, start: Uint8Array): SealFacts {
  if (header.version === 1) {
    return { envelopeVersion: 1, compression: header.compression, encryptionKeyId: undefined }
  }
  const flags = start[header.bytes.byteLength + frameHeadBytes - 1] ?? 0
  return {
    envelopeVersion: 2,
    compression: (flags & compressedFlag) === 0 ? 'none' : 'zstd',
    encryptionKeyId: header.encryption?.keyId,
  }
}

/** Version 1 has one checksum for all of it: nothing of it is known to be right before its end. */
async function openWhole(
  whole: AsyncIterable<Uint8Array>,
  options: { readonly keys: SealingKeys; readonly at: ErrorPlace },
): Promise<{ readonly plain: readonly Uint8Array[]; readonly key: SealingKey | undefined }> {
  const pieces: Uint8Array[] = []
  let wholeBytes = 0
  for await (const piece of whole) {
    pieces.push(piece)
    wholeBytes += piece.byteLength
    if (wholeBytes > maxWholeBytes) throw damaged('it is longer than any of version 1', options.at)
  }
  const sealed = Buffer.concat(pieces)
  const { plain, key } = await openEnvelope(sealed, { ...options, maxPlainBytes: maxWholeBytes })
  return { plain: [plain], key }
}

async function* checked(
  plain: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  key: SealingKey | undefined,
  expected: ExpectedPlain,
  at: ErrorPlace,
): AsyncGenerator<Uint8Array, void> {
  const meter = new PlainMeter(key)
  yield* meter.watch(plain)
  const actual = meter.facts()
  requireFacts(actual, filledIn(expected, actual), at)
}

function filledIn({ digest, sizeBytes }: ExpectedPlain, actual: PlainFacts): PlainFacts {
  return {
    digest: digest === undefined ? actual.digest : (digest as Digest),
    sizeBytes: sizeBytes ?? actual.sizeBytes,
  }
}
