import { createHash } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Readable } from 'node:stream'
import { Context } from '@temporalio/activity'
import type { Claim, Claims } from '../../codec/index.ts'
import { noise } from '../support/noise.ts'

export interface Row {
  readonly id: number
  readonly text: string
}

const sum = (rows: readonly Row[]): number => rows.reduce((total, { id }) => total + id, 0)

export function createClaimActivities(claims: Claims, runs = { parkFunction: 0 }) {
  return {
    async parkRows(count: number): Promise<Claim<Row[]>> {
      return claims.parkValue(
        Array.from({ length: count }, (_, id) => ({ id, text: 'some text of a row' })),
      )
    },
    /** In a list, claims stay claims. */
    async sumOfClaims([claim]: readonly [Claim<Row[]>]): Promise<number> {
      return sum(await claims.fetchValue(claim))
    },
    async sumOf(rows: Row[]): Promise<number> {
      return sum(rows)
    },
    async scaledSum({ rows, factor }: { rows: Row[]; factor: number }): Promise<number> {
      return sum(rows) * factor
    },
    /** What JSON has no form for. */
    async parkFunction(): Promise<void> {
      runs.parkFunction += 1
      await claims.parkValue(() => 1)
    },
    /** The first attempt breaks off half way. */
    async parkBytes(sizeBytes: number): Promise<Claim<Uint8Array>> {
      const isFirst = Context.current().info.attempt === 1
      return claims.parkStream(Readable.from(blocks(sizeBytes, isFirst ? 0.5 : 1)))
    },
    async digestOfStream(claim: Claim<Uint8Array>): Promise<string> {
      return sha256(claims.fetchStream(claim))
    },
  }
}
export type ClaimActivities = ReturnType<typeof createClaimActivities>

export interface StreamFacts {
  /** SHA-256 of the bytes as the claim has it, as they were sent and as they came back. */
  readonly claimed: string
  readonly sent: string
  readonly received: string
  readonly peakBytes: number
  readonly longestStallMs: number
}

export function createStreamActivities(claims: Claims) {
  const delays = monitorEventLoopDelay({ resolution: 5 })
  delays.enable()
  return {
    async park(sizeBytes: number): Promise<{ claim: Claim<Uint8Array>; sent: string }> {
      const hash = createHash('sha256')
      const watched = async function* (): AsyncGenerator<Uint8Array> {
        for (const block of blocks(sizeBytes)) {
          hash.update(block)
          yield block
        }
      }
      const claim = await claims.parkStream(Readable.from(watched()))
      return { claim, sent: hash.digest('hex') }
    },
    async digestOf(claim: Claim<Uint8Array>): Promise<string> {
      return sha256(claims.fetchStream(claim))
    },
    async facts(): Promise<Pick<StreamFacts, 'peakBytes' | 'longestStallMs'>> {
      const longestStallMs = Math.round(delays.max / 1e6)
      return { peakBytes: process.resourceUsage().maxRSS * 1024, longestStallMs }
    },
  }
}
export type StreamActivities = ReturnType<typeof createStreamActivities>

/** A mebibyte at a time, no two the same, a quarter of each incompressible. Breaks off after `share` of them. */
export function* blocks(sizeBytes: number, share = 1): Generator<Uint8Array> {
  const blockBytes = 1024 * 1024
  const first = Buffer.alloc(blockBytes, noise(1, blockBytes / 4)).fill('a', blockBytes / 4)
  for (let offset = 0; offset < sizeBytes; offset += blockBytes) {
    if (offset >= sizeBytes * share) throw new Error('the source broke off')
    const block = Buffer.from(first)
    block.writeUIntBE(offset, 0, 6)
    yield block.subarray(0, sizeBytes - offset)
  }
}

export async function sha256(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}
