import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow'
import type { Claim } from '../../../codec/index.ts'
import type { BenchActivities, Receipt } from './bench-activities.ts'
import { checksum, noise } from '../../support/noise.ts'

const options = {
  startToCloseTimeout: '10 minutes',
  retry: { initialInterval: '200ms', maximumInterval: '1s' },
} as const
const activities = proxyActivities<BenchActivities>(options)

export const goOnSignal = defineSignal('goOn')

/** Large arguments that one workflow task sends at once; gives what activities saw of them. */
export async function sendAll(count: number, sizeBytes: number): Promise<string[]> {
  return forEach(count, async (seed) => activities.sumBytes(noise(seed, sizeBytes)))
}

/** The same, but it stays, so that a restarted worker sends all again to itself. */
export async function sendAndHold(count: number, sizeBytes: number): Promise<string[]> {
  const goesOn = waitToGoOn()
  const sums = await sendAll(count, sizeBytes)
  await goesOn
  return sums
}

/** Holds the results of activities until it is told to go on. */
export async function holdResults(count: number, sizeBytes: number): Promise<string[]> {
  const goesOn = waitToGoOn()
  const results = await forEach(count, async (seed) => activities.makeBytes(seed, sizeBytes))
  await goesOn
  return results.map((bytes) => checksum(bytes))
}

/** The same with claims; activities look at what they stand for. */
export async function holdClaims(count: number, sizeBytes: number): Promise<Claim<Uint8Array>[]> {
  const goesOn = waitToGoOn()
  const claims = await forEach(count, async (seed) => activities.parkBytes(seed, sizeBytes))
  await goesOn
  return claims
}

export async function sumClaims(claims: readonly Claim<Uint8Array>[]): Promise<string[]> {
  return Promise.all(claims.map(async (claim) => activities.sumClaim(claim)))
}

export async function passRows(batches: number): Promise<Receipt[]> {
  return forEach(batches, async (batch) => activities.receiveRows(await activities.makeRows(batch)))
}

export async function passClaims(batches: number): Promise<Receipt[]> {
  return forEach(batches, async (batch) =>
    activities.receiveClaim(await activities.parkRows(batch)),
  )
}

export async function passStream(
  sizeBytes: number,
): Promise<{ readonly sent: string; readonly received: string }> {
  const { digest, claim } = await activities.parkStream(sizeBytes)
  return { sent: digest, received: await activities.digestStream(claim) }
}

export async function makeOnce(seed: number, sizeBytes: number): Promise<string> {
  return checksum(await activities.makeBytes(seed, sizeBytes))
}

/** The same content as two results: one at once, one when somebody serves the other queue. */
export async function makeTwice(
  seed: number,
  sizeBytes: number,
  otherQueue: string,
): Promise<string[]> {
  const elsewhere = proxyActivities<BenchActivities>({ ...options, taskQueue: otherQueue })
  const both = [activities.makeBytes(seed, sizeBytes), elsewhere.makeBytes(seed, sizeBytes)]
  setHandler(goOnSignal, () => undefined)
  return (await Promise.all(both)).map((bytes) => checksum(bytes))
}

/** Many middling results, 20 at a time; gives how many rows they had. */
export async function collectSlices(count: number, sliceRows: number): Promise<number> {
  let rows = 0
  for (let first = 0; first < count; first += 20) {
    const slices = await forEach(Math.min(20, count - first), async (offset) =>
      activities.makeSlice(first + offset, sliceRows),
    )
    rows += slices.reduce((sum, slice) => sum + slice.length, 0)
  }
  return rows
}

async function forEach<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, async (_, index) => work(index)))
}

async function waitToGoOn(): Promise<void> {
  let isTold = false
  setHandler(goOnSignal, () => void (isTold = true))
  await condition(() => isTold)
}
