import type { Payload } from '@temporalio/common'
import proto from '@temporalio/proto'

const { Payload: PayloadProto } = proto.temporal.api.common.v1

/**
 * The payload as protobuf bytes, metadata in the order of its names: the same payload gives the same
 * bytes, and so the same digest, in whatever order a map delivered it.
 */
export function serializePayload(payload: Payload): Uint8Array {
  const entries = Object.entries(payload.metadata ?? {})
  entries.sort(([left], [right]) => (left < right ? -1 : 1))
  const metadata = Object.fromEntries(entries)
  return PayloadProto.encode({ metadata, data: payload.data ?? null }).finish()
}

/** The payload as it was, its bytes views of `bytes`. Throws where they are no payload. */
export function deserializePayload(bytes: Uint8Array): Payload {
  const { metadata, data } = PayloadProto.decode(bytes)
  return { metadata, data }
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
