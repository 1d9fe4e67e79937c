import type { Payload } from '@temporalio/common'
import { isClaimPayload } from './claim-payload.ts'
import { payloadBytes } from './payload-bytes.ts'
import { compressPayload, isSealedPayload, sealPayload } from './sealed-payload.ts'
import type { SealingKey } from './sealing-keys.ts'

/** What becomes of one payload: it stays inline, as `payload` now is, or is parked as it came. */
export interface PayloadPlan {
  readonly payload: Payload
  /** 0 where it is parked. */
  readonly inlineBytes: number
  /** 0 where it stays. */
  readonly parkedBytes: number
}

export interface PlanOptions {
  /** Larger ones are parked. */
  readonly thresholdBytes: number
  /** Smaller ones stay readable for everybody, unless they are encrypted. */
  readonly compressBytes: number
  readonly key: SealingKey | undefined
  /** What may stay inline of this list. */
  readonly leftBytes: number
}

/** A claim would be hardly smaller. */
const leastParkedBytes = 1024
/** Smaller ones, which memos mostly are, are for everybody to read: the last to be parked. */
const readableBytes = 4096
/** By how much they may exceed the budget. */
const readableExcessBytes = 512 * 1024

/**
 * Decides for a whole list at once, without a turn of the event loop between: calls that run side by
 * side then decide in the order they came, and a replay decides as the first run did.
 */
export function planPayloads(
  payloads: readonly Payload[],
  options: PlanOptions,
): readonly PayloadPlan[] {
  const plans = payloads.map((payload) => planAlone(payload, options))
  let excessBytes = plans.reduce((sum, { inlineBytes }) => sum + inlineBytes, -options.leftBytes)
  if (excessBytes <= 0) return plans
  const byLargest = plans
    .map(({ inlineBytes }, index) => ({ index, inlineBytes }))
    .filter(({ inlineBytes }) => inlineBytes > leastParkedBytes)
    .toSorted((left, right) => right.inlineBytes - left.inlineBytes)
  for (const { index, inlineBytes } of byLargest) {
    const payload = payloads[index]
    if (excessBytes <= (inlineBytes < readableBytes ? readableExcessBytes : 0)) break
    if (payload === undefined || isEncoded(payload)) continue
    plans[index] = parked(payload)
    excessBytes -= inlineBytes
  }
  return plans
}

function planAlone(
  payload: Payload,
  { thresholdBytes, compressBytes, key }: PlanOptions,
): PayloadPlan {
  const sizeBytes = payloadBytes(payload)
  if (isEncoded(payload)) return inline(payload)
  if (sizeBytes > thresholdBytes) return parked(payload)
  if (key !== undefined) return inline(sealPayload(payload, key))
  if (sizeBytes < compressBytes) return inline(payload)
  return inline(compressPayload(payload) ?? payload)
}

/** Encoding twice is encoding once. */
function isEncoded(payload: Payload): boolean {
  return isClaimPayload(payload) || isSealedPayload(payload)
}

function inline(payload: Payload): PayloadPlan {
  return { payload, inlineBytes: payloadBytes(payload), parkedBytes: 0 }
}

function parked(payload: Payload): PayloadPlan {
  return { payload, inlineBytes: 0, parkedBytes: payloadBytes(payload) }
}
