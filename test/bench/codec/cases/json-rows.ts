import { isDeepStrictEqual } from 'node:util'
import { unfinished, type BenchCase, type Side } from '../bench-case.ts'
import type { Receipt } from '../bench-activities.ts'
import type { CodecBed } from '../codec-bed.ts'
import { batchOf, digestOfRows, readFlightRows } from '../flight-rows.ts'
import { withTrial } from '../trial.ts'
import { within } from '../within.ts'

interface JsonOptions {
  readonly name: string
  readonly batches: number
  readonly sizeBytes: number
}

const timeoutMs = 120_000
const aim = 'ours / peer <= 0.5'

export const json45Case = jsonCase({ name: 'json-45mb', batches: 1, sizeBytes: 45_000_000 })
export const json10Case = jsonCase({ name: 'json-10mb-x20', batches: 20, sizeBytes: 10_000_000 })

/**
 * Real rows from an activity through the workflow to the next activity: as values, and as claims,
 * which the peer has none of, so that they stand beside its values.
 */
function jsonCase(options: JsonOptions): BenchCase {
  const { name } = options
  return {
    figures: [name, `${name}-claim`].flatMap((form) => [
      { name: form, unit: 's', aim },
      { name: `${form}-peak-rss`, unit: 'x payload', aim },
      { name: `${form}-stall`, unit: 'ms', aim },
    ]),
    async measure(bed, side) {
      const values = await pass(bed, side, 'passRows', options)
      const claims = side === 'ours' ? await pass(bed, side, 'passClaims', options) : values
      if (values === undefined || claims === undefined) return unfinished(side, timeoutMs)
      const expected = await expectedDigests(bed, options)
      const figures = Object.entries({ [name]: values, [`${name}-claim`]: claims }).flatMap(
        ([form, { seconds, peakRss, stallMs }]) => [
          [form, seconds],
          [`${form}-peak-rss`, peakRss],
          [`${form}-stall`, stallMs],
        ],
      )
      const correct = [values, claims].every(({ digests }) => isDeepStrictEqual(digests, expected))
      return { figures: Object.fromEntries(figures) as Record<string, number>, correct }
    },
  }
}

interface Pass {
  /** Until the last value was in the hands of its activity. */
  readonly seconds: number
  /** Growth over the idle worker, by the bytes of all payloads. */
  readonly peakRss: number
  readonly stallMs: number
  readonly digests: readonly string[]
}

async function pass(
  bed: CodecBed,
  side: Side,
  workflow: 'passRows' | 'passClaims',
  { batches, sizeBytes }: JsonOptions,
): Promise<Pass | undefined> {
  return withTrial(bed, side, { rowsBytes: sizeBytes }, async (trial) => {
    const worker = await trial.startWorker()
    // What is loaded at the first use is no part of the figures.
    await (await trial.start('makeOnce', [0, 400_000])).result()
    await worker.reset()
    const beganMs = Date.now()
    const handle = await trial.start(workflow, [batches])
    const receipts = await within(timeoutMs, handle.result() as Promise<Receipt[]>)
    if (receipts === undefined) return undefined
    const { peakRssBytes, idleRssBytes, longestStallMs } = await worker.figures()
    const endedMs = Math.max(...receipts.map(({ receivedAtMs }) => receivedAtMs))
    return {
      seconds: (endedMs - beganMs) / 1000,
      peakRss: (peakRssBytes - idleRssBytes) / (sizeBytes * batches),
      stallMs: longestStallMs,
      digests: receipts.map(({ digest }) => digest),
    }
  })
}

async function expectedDigests(bed: CodecBed, options: JsonOptions): Promise<string[]> {
  const rows = readFlightRows(bed.rowsPath, options.sizeBytes)
  const batches = Array.from({ length: options.batches }, (_, batch) => batchOf(rows, batch))
  return Promise.all(batches.map(digestOfRows))
}
