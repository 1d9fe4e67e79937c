import assert from 'node:assert/strict'
import type { Payload, SerializationContext } from '@temporalio/common'
import { ClaimCheckCodec, type ClaimCheckCodecOptions } from '../../../codec/index.ts'
import type { WatchedStore } from './watched-store.ts'

export const WEEK_48 = new Date('2026-11-25T00:00:00Z')
/** As on the path of an activity's argument or result. */
export const inActivity: SerializationContext = {
  type: 'activity',
  namespace: 'default',
  workflowId: 'etl/flights/2026-11-25',
  isLocal: false,
}

export function codecOn(
  store: WatchedStore,
  options: Partial<ClaimCheckCodecOptions> = {},
): ClaimCheckCodec {
  const clock = (): Date => WEEK_48
  return new ClaimCheckCodec({
    store,
    namespace: 'default',
    thresholdBytes: 2000,
    clock,
    ...options,
  })
}

export function payloadOf(data: Uint8Array, encoding = 'binary/plain'): Payload {
  return { metadata: { encoding: Buffer.from(encoding) }, data }
}

export function first(payloads: readonly Payload[]): Payload {
  const [payload] = payloads
  assert.ok(payload)
  return payload
}

/** What a payload is, whatever class its bytes and maps have. */
export function plainly({ metadata, data }: Payload): unknown {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, hex(value)])
  return { metadata: Object.fromEntries(entries), data: hex(data ?? new Uint8Array()) }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
