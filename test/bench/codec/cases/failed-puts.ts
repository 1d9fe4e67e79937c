import type { BenchCase } from '../bench-case.ts'
import { checksum, noise } from '../../../support/noise.ts'
import { withTrial } from '../trial.ts'

const seed = 7
const sizeBytes = 300_000
const name = 'three-failed-puts'

/** The store refuses the next three uploads of a result: how often did the activity work for it? */
export const failedPutsCase: BenchCase = {
  figures: [{ name, unit: 'runs of the activity', aim: 'ours = 1' }],
  measure: async (bed, side) =>
    withTrial(bed, side, { isProxied: true }, async (trial) => {
      const worker = await trial.startWorker()
      bed.proxy.failingPuts = 3
      const sum: unknown = await (await trial.start('makeOnce', [seed, sizeBytes])).result()
      return {
        figures: { [name]: (await worker.figures()).bodyRuns },
        correct: bed.proxy.failingPuts === 0 && sum === checksum(noise(seed, sizeBytes)),
      }
    }),
}
