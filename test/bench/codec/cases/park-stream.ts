import { notMeasured, type BenchCase } from '../bench-case.ts'
import { withTrial } from '../trial.ts'

const sizeBytes = 2 ** 30
const name = 'park-stream-1gib'
const stallName = `${name}-stall`

/** 1 GiB, incompressible, as a stream into the store and out of it again. */
export const parkStreamCase: BenchCase = {
  figures: [
    { name, unit: 'MiB more than idle', aim: 'ours < 256' },
    { name: stallName, unit: 'ms', aim: 'ours < 100' },
  ],
  async measure(bed, side) {
    if (side === 'peer') return notMeasured('has no streams')
    return withTrial(bed, side, {}, async (trial) => {
      const worker = await trial.startWorker()
      await worker.reset()
      const handle = await trial.start('passStream', [sizeBytes])
      const { sent, received } = (await handle.result()) as { sent: string; received: string }
      const { peakRssBytes, idleRssBytes, longestStallMs } = await worker.figures()
      const grownMib = (peakRssBytes - idleRssBytes) / 2 ** 20
      return {
        figures: { [name]: grownMib, [stallName]: longestStallMs },
        correct: sent === received,
      }
    })
  },
}
