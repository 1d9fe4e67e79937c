import { isDeepStrictEqual } from 'node:util'
import { notMeasured, unfinished, type BenchCase } from '../bench-case.ts'
import { goOnSignal } from '../bench-workflows.ts'
import { checksums } from '../../../support/noise.ts'
import { waitUntilIdle, withTrial, type Trial } from '../trial.ts'
import { within } from '../within.ts'
import type { CodecBed } from '../codec-bed.ts'

const count = 120
const sizeBytes = 300_000
const timeoutMs = 40_000
const name = 'replay-120-at-100ms'
const getsName = `${name}-gets-per-blob`
const claimsName = `${name}-claims-gets`

/** 120 large results; a fresh worker, with the cache gone, has to replay them at a slow store. */
export const replayCase: BenchCase = {
  figures: [
    { name, unit: 's', aim: 'ours finishes' },
    { name: getsName, unit: 'GETs of one blob at most', aim: 'ours <= 1' },
  ],
  measure: async (bed, side) =>
    withTrial(bed, side, { isProxied: true }, async (trial) => {
      const { result, seconds, gets } = await replay(bed, trial, 'holdResults')
      if (result === undefined) return unfinished(side, timeoutMs)
      return {
        figures: { [name]: seconds, [getsName]: Math.max(0, ...gets) },
        correct: isDeepStrictEqual(result, checksums(count, sizeBytes)),
      }
    }),
}

/** The same, but the activities park their results, so that the workflow holds claims. */
export const replayClaimsCase: BenchCase = {
  figures: [{ name: claimsName, unit: 'GETs', aim: 'ours = 0' }],
  async measure(bed, side) {
    if (side === 'peer') return notMeasured('has no such values')
    return withTrial(bed, side, { isProxied: true }, async (trial) => {
      const { result, gets } = await replay(bed, trial, 'holdClaims')
      if (result === undefined) return unfinished(side, timeoutMs)
      bed.proxy.latencyMs = 0
      const sums = await (await trial.start('sumClaims', [result])).result()
      return {
        figures: { [claimsName]: gets.length },
        correct: isDeepStrictEqual(sums, checksums(count, sizeBytes)),
      }
    })
  },
}

interface Replay {
  /** Undefined where it did not finish. */
  readonly result: unknown
  /** From the signal to the workflow's end. */
  readonly seconds: number
  /** How often each blob that was asked for at all was. */
  readonly gets: readonly number[]
}

async function replay(bed: CodecBed, trial: Trial, workflow: string): Promise<Replay> {
  const first = await trial.startWorker()
  const handle = await trial.start(workflow, [count, sizeBytes])
  await waitUntilIdle(handle, count)
  await first.stop()
  await trial.startWorker()
  bed.proxy.latencyMs = 100
  bed.proxy.counts.clear()
  const began = performance.now()
  await handle.signal(goOnSignal)
  const result = await within(timeoutMs, handle.result() as Promise<unknown>)
  const seconds = (performance.now() - began) / 1000
  const counts = [...bed.proxy.counts].filter(([request]) => request.startsWith('GET '))
  return { result, seconds, gets: counts.map(([, times]) => times) }
}
