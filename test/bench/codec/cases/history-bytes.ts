import type { BenchCase } from '../bench-case.ts'
import { withTrial } from '../trial.ts'

const count = 200
/** About 20 KB. */
const sliceRows = 210
const name = 'history-bytes'

/** The history of 200 activities, each with 20 KB of real rows as its result, beside no codec at all. */
export const historyBytesCase: BenchCase = {
  figures: [{ name, unit: 'bytes', aim: 'ours / peer <= 0.5' }],
  measure: async (bed, side) =>
    withTrial(bed, side === 'peer' ? 'plain' : side, { rowsBytes: 5_000_000 }, async (trial) => {
      await trial.startWorker()
      const handle = await trial.start('collectSlices', [count, sliceRows])
      const correct = (await handle.result()) === count * sliceRows
      const { raw } = await handle.describe()
      const bytes = Number(raw.workflowExecutionInfo?.historySizeBytes)
      const note = side === 'peer' ? 'is Temporal without a codec here' : undefined
      return { figures: { [name]: bytes }, correct, ...(note === undefined ? {} : { note }) }
    }),
}
