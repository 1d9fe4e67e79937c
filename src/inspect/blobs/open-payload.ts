import type { Payload } from '@temporalio/common'
import { ClaimCheckError } from '../../../codec/claim-check-error.ts'
import type { ErrorPlace } from '../../../codec/index.ts'
import { deserializePayload } from '../../../codec/payload-bytes.ts'

export interface OpenPayload {
  readonly metadata: Payload['metadata']
  /** The payload's own `encoding`; empty where it has none. */
  readonly encoding: string
  readonly data: AsyncGenerator<Uint8Array, void>
}

const metadataTag = 0x0a
const dataTag = 0x12
/** More metadata than any payload has; it is held in memory. */
const maxMetadataBytes = 16 * 1024 * 1024

/**
 * Takes the plain bytes of a payload apart as they come, so that its data need not fit into memory.
 *
 * @throws ClaimCheckError CLAIM_MALFORMED where they are no payload
 */
export async function openPayload(
  plain: AsyncIterable<Uint8Array>,
  at: ErrorPlace,
): Promise<OpenPayload> {
  const pieces = plain[Symbol.asyncIterator]()
  let start = Buffer.alloc(0)
  for (;;) {
    const dataStart = dataStartOf(start, at)
    const step = dataStart === undefined ? await pieces.next() : undefined
    if (step?.done !== true && dataStart === undefined && start.byteLength < maxMetadataBytes) {
      start = Buffer.concat([start, step?.value ?? Buffer.alloc(0)])
      continue
    }
    const { end, begin } = dataStart ?? { end: start.byteLength, begin: start.byteLength }
    const metadata = metadataOf(start.subarray(0, end), at)
    const encoding = Buffer.from(metadata?.['encoding'] ?? []).toString('utf8')
    return { metadata, encoding, data: rest(start.subarray(begin), pieces) }
  }
}

/** Where the metadata ends and the data begins; undefined where that has not come yet. */
function dataStartOf(
  bytes: Uint8Array,
  place: ErrorPlace,
): { readonly end: number; readonly begin: number } | undefined {
  let at = 0
  while (at < bytes.byteLength) {
    const tag = bytes[at]
    const length = lengthAt(bytes, at + 1)
    if (length === undefined) return undefined
    if (tag === dataTag) return { end: at, begin: length.end }
    if (tag !== metadataTag) throw noPayload(place)
    at = length.end + length.value
  }
  return undefined
}

/** A base-128 varint. */
function lengthAt(
  bytes: Uint8Array,
  start: number,
): { readonly value: number; readonly end: number } | undefined {
  let value = 0
  for (let at = start; at < bytes.byteLength && at < start + 10; at += 1) {
    const byte = bytes[at] ?? 0
    value += (byte & 0x7f) * 2 ** (7 * (at - start))
    if (byte < 0x80) return { value, end: at + 1 }
  }
  return undefined
}

function metadataOf(bytes: Uint8Array, at: ErrorPlace): Payload['metadata'] {
  try {
    return deserializePayload(bytes).metadata
  } catch {
    // Not with its cause, which may quote what it read.
    throw noPayload(at)
  }
}

function noPayload(at: ErrorPlace): ClaimCheckError {
  return new ClaimCheckError('CLAIM_MALFORMED', 'The bytes of a blob are no payload', {
    remedy: 'Find out what wrote it; blobs are made by this codec only.',
    at,
  })
}

async function* rest(
  first: Uint8Array,
  others: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  try {
    if (first.byteLength > 0) yield first
    for (let step = await others.next(); step.done !== true; step = await others.next()) {
      yield step.value
    }
  } finally {
    await others.return?.()
  }
}
