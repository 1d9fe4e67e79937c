import type { WorkflowHandle } from '@temporalio/client'
import { isDeepStrictEqual } from 'node:util'
import { unfinished, type BenchCase } from '../bench-case.ts'
import { checksums } from '../../../support/noise.ts'
import { withTrial } from '../trial.ts'
import { within } from '../within.ts'

const count = 110
const sizeBytes = 300_000
const timeoutMs = 40_000
const name = 'fan-out-110-at-100ms'

/** One workflow task sends 110 large arguments to a slow store. */
export const fanOutCase: BenchCase = {
  figures: [{ name, unit: 's', aim: 'ours < 2' }],
  measure: async (bed, side) =>
    withTrial(bed, side, { isProxied: true }, async (trial) => {
      await trial.startWorker()
      bed.proxy.latencyMs = 100
      const handle = await trial.start('sendAll', [count, sizeBytes])
      const sums = await within(timeoutMs, handle.result())
      if (sums === undefined) return unfinished(side, timeoutMs)
      return {
        figures: { [name]: await firstTaskSeconds(handle) },
        correct: isDeepStrictEqual(sums, checksums(count, sizeBytes)),
      }
    }),
}

/** From the start of the first workflow task, its failed attempts included, until its commands arrived. */
async function firstTaskSeconds(handle: WorkflowHandle): Promise<number> {
  const { events = [] } = await handle.fetchHistory()
  const started = events?.find((event) => event.workflowTaskStartedEventAttributes)
  const completed = events?.find((event) => event.workflowTaskCompletedEventAttributes)
  const [from = NaN, to = NaN] = [started, completed].map((event) => {
    return Number(event?.eventTime?.seconds) + (event?.eventTime?.nanos ?? 0) / 1e9
  })
  return to - from
}
