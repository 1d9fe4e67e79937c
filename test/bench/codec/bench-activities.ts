import { createCipheriv, createHash, type Hash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Claim, Claims } from '../../../codec/index.ts'
import { batchOf, digestOfRows, type FlightRow } from './flight-rows.ts'
import { checksum, noise } from '../../support/noise.ts'

export interface ActivityPorts {
  /** Made before anything is measured. */
  readonly rows: readonly FlightRow[]
  /** Only ours has them. */
  readonly claims: Claims | undefined
}

export interface Receipt {
  readonly digest: string
  /** When the value was in the activity's hands, before it was checked. */
  readonly receivedAtMs: number
}

export type BenchActivities = ReturnType<typeof createBenchActivities>['activities']

const streamChunkBytes = 64 * 1024

/** The same for all sides; `runs` counts the calls of `makeBytes`. */
export function createBenchActivities({ rows, claims }: ActivityPorts) {
  const runs = { makeBytes: 0 }
  const receive = async (received: readonly FlightRow[]): Promise<Receipt> => {
    const receivedAtMs = Date.now()
    return { digest: await digestOfRows(received), receivedAtMs }
  }
  const values = (): Claims => {
    if (claims === undefined) throw new Error('this side has no claim values')
    return claims
  }
  const activities = {
    async makeBytes(seed: number, sizeBytes: number): Promise<Uint8Array> {
      runs.makeBytes += 1
      return noise(seed, sizeBytes)
    },
    async sumBytes(bytes: Uint8Array): Promise<string> {
      return checksum(bytes)
    },
    async parkBytes(seed: number, sizeBytes: number): Promise<Claim<Uint8Array>> {
      return values().parkValue(noise(seed, sizeBytes))
    },
    async sumClaim(claim: Claim<Uint8Array>): Promise<string> {
      return checksum(await values().fetchValue(claim))
    },
    async makeRows(batch: number): Promise<FlightRow[]> {
      return batchOf(rows, batch)
    },
    async receiveRows(received: FlightRow[]): Promise<Receipt> {
      return receive(received)
    },
    async parkRows(batch: number): Promise<Claim<FlightRow[]>> {
      return values().parkValue(batchOf(rows, batch))
    },
    async receiveClaim(claim: Claim<FlightRow[]>): Promise<Receipt> {
      return receive(await values().fetchValue(claim))
    },
    async makeSlice(slice: number, count: number): Promise<FlightRow[]> {
      return rows.slice(slice * count, (slice + 1) * count)
    },
    async parkStream(sizeBytes: number): Promise<{ digest: string; claim: Claim<Uint8Array> }> {
      const hash = createHash('sha256')
      const stream = Readable.from(keystream(sizeBytes, hash), { objectMode: false })
      const claim = await values().parkStream(stream)
      return { digest: hash.digest('hex'), claim }
    },
    async digestStream(claim: Claim<Uint8Array>): Promise<string> {
      const hash = createHash('sha256')
      for await (const chunk of values().fetchStream(claim)) hash.update(chunk as Uint8Array)
      return hash.digest('hex')
    },
  }
  return { runs, activities }
}

/** Incompressible, and quicker to make than to store; `hash` takes in what passes. */
function* keystream(sizeBytes: number, hash: Hash): Generator<Uint8Array, void> {
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32, 1), Buffer.alloc(16))
  const zeros = Buffer.alloc(streamChunkBytes)
  for (let sent = 0; sent < sizeBytes; sent += streamChunkBytes) {
    const chunk = cipher.update(zeros)
    hash.update(chunk)
    yield chunk
  }
}
