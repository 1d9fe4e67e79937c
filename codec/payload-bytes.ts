import type { Payload } from '@temporalio/common'
import proto from '@temporalio/proto'

const { Payload: PayloadProto } = proto.temporal.api.common.v1

/** Field 2, length-delimited: what stands before `data` in a serialized payload. */
const dataTag = 0x12

/**
 * The payload as protobuf bytes, metadata in the order of its names: the same payload gives the same
 * bytes, and so the same digest, in whatever order a map delivered it. In two pieces, because the
 * second is the data itself: large data is not copied.
 */
export function serializePayload(payload: Payload): readonly Uint8Array[] {
  const entries = Object.entries(payload.metadata ?? {})
  entries.sort(([left], [right]) => (left < right ? -1 : 1))
  // One by one: an object would move names like numbers to its front.
  const metadata = Buffer.concat(
    entries.map(([name, value]) => PayloadProto.encode({ metadata: { [name]: value } }).finish()),
  )
  const { data } = payload
  if (data === undefined || data === null) return [metadata]
  // A payload out of a workflow's isolate is of that realm's classes; the view is of ours.
  const view = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return [Buffer.concat([metadata, lengthPrefix(data.byteLength)]), view]
}

/** The payload as it was, its bytes views of `bytes`. Throws where they are no payload. */
export function deserializePayload(bytes: Uint8Array): Payload {
  const { metadata, data } = PayloadProto.decode(bytes)
  // The protobuf runtime makes an array of what is empty.
  return { metadata, data: data.length === 0 ? new Uint8Array() : data }
}

/** Bytes of data and metadata: what the payload adds to a message, give or take its framing. */
export function payloadBytes(payload: Payload): number {
  let bytes = payload.data?.byteLength ?? 0
  for (const [name, value] of Object.entries(payload.metadata ?? {})) {
    bytes += Buffer.byteLength(name) + value.byteLength
  }
  return bytes
}

/** The `encoding` the converter gave the payload; empty where it gave none. */
export function payloadEncoding(payload: Payload): string {
  const encoding = payload.metadata?.['encoding']
  return encoding === undefined ? '' : Buffer.from(encoding).toString('utf8')
}

/** The tag and the length as a base-128 varint. */
function lengthPrefix(bytes: number): Uint8Array {
  const prefix = [dataTag]
  let rest = bytes
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) prefix.push((rest & 0x7f) | 0x80)
  prefix.push(rest)
  return Uint8Array.from(prefix)
}
