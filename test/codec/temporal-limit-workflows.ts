import {
  executeChild,
  getExternalWorkflowHandle,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  startChild,
  condition,
  defineSignal,
  defineUpdate,
} from '@temporalio/workflow'
import { checksum, noise } from '../support/noise.ts'
import type { LimitActivities } from './temporal-limit-activities.ts'

const { checksumOf, noiseOf, sizeOf } = proxyActivities<LimitActivities>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 3 },
})
const local = proxyLocalActivities<LimitActivities>({ startToCloseTimeout: '1 minute' })

/** How many calls, with how many values each, of how many bytes. */
export interface Sizes {
  readonly calls: number
  readonly values: number
  readonly sizeBytes: number
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

/** The values of one call. No two calls share any. */
export function valuesOf(call: number, { values, sizeBytes }: Sizes): Uint8Array[] {
  return upTo(values).map((value) => noise(call * 1000 + value, sizeBytes))
}

export function checksums(sizes: Sizes): string[] {
  return upTo(sizes.calls).map((call) => checksum(...valuesOf(call, sizes)))
}

/** All calls in one workflow task. */
export async function manyArguments(sizes: Sizes): Promise<string[]> {
  return Promise.all(upTo(sizes.calls).map(async (call) => checksumOf(...valuesOf(call, sizes))))
}

/** Round after round, each a workflow task of its own. */
export async function manyRounds(rounds: number, sizes: Sizes): Promise<string> {
  let last: string[] = []
  for (let round = 0; round < rounds; round += 1) last = await manyArguments(sizes)
  return last.join()
}

export async function manyResults({ calls, sizeBytes }: Sizes): Promise<string[]> {
  const results = await Promise.all(
    upTo(calls).map(async (call) => noiseOf(call * 1000, sizeBytes)),
  )
  return results.map((result) => checksum(result))
}

/** Their results are reported together, in one workflow task. */
export async function manyLocalResults({ calls, sizeBytes }: Sizes): Promise<string[]> {
  const results = await Promise.all(
    upTo(calls).map(async (call) => local.noiseOf(call * 1000, sizeBytes)),
  )
  return results.map((result) => checksum(result))
}

export async function manyChildren(sizes: Sizes): Promise<string[]> {
  return Promise.all(
    upTo(sizes.calls).map(async (call) => {
      const args = valuesOf(call, sizes)
      return checksum(await executeChild(giveBack, { args }))
    }),
  )
}

/** All of it as one value. */
export async function giveBack(...values: Uint8Array[]): Promise<Uint8Array> {
  const all = new Uint8Array(values.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let offset = 0
  for (const value of values) {
    all.set(value, offset)
    offset += value.byteLength
  }
  return all
}

export const parcelSignal = defineSignal<Uint8Array[]>('parcel')
export const parcelUpdate = defineUpdate<Uint8Array, [Uint8Array]>('exchange')

/** Takes parcels until it has so many of them. */
export async function takeParcels(count: number): Promise<string[]> {
  const taken: string[] = []
  setHandler(parcelSignal, (...values) => void taken.push(checksum(...values)))
  setHandler(parcelUpdate, (value) => {
    taken.push(checksum(value))
    return value
  })
  await condition(() => taken.length >= count)
  return taken.toSorted()
}

export async function manySignals(sizes: Sizes): Promise<string[]> {
  const child = await startChild(takeParcels, { args: [sizes.calls] })
  const handle = getExternalWorkflowHandle(child.workflowId)
  await Promise.all(
    upTo(sizes.calls).map(async (call) => handle.signal(parcelSignal, ...valuesOf(call, sizes))),
  )
  return child.result()
}

/** So many activities with one and the same document. */
export async function shareDocument(activities: number, document: string): Promise<number> {
  const sizes = await Promise.all(upTo(activities).map(async (index) => sizeOf(document, index)))
  return sizes.reduce((sum, size) => sum + size, 0)
}
