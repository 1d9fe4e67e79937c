import type { BenchCase } from '../bench-case.ts'
import type { Receipt } from '../bench-activities.ts'
import { batchOf, digestOfRows, readFlightRows } from '../flight-rows.ts'
import { withTrial } from '../trial.ts'

const rowsBytes = 10_000_000
const name = 'bytes-stored'

/** What 10 MB of real rows, an activity's result and the next one's argument, leave in the bucket. */
export const bytesStoredCase: BenchCase = {
  figures: [{ name, unit: 'bytes', aim: 'ours / peer <= 0.2' }],
  measure: async (bed, side) =>
    withTrial(bed, side, { rowsBytes }, async (trial) => {
      await trial.startWorker()
      const handle = await trial.start('passRows', [1])
      const [receipt] = (await handle.result()) as Receipt[]
      const objects = await trial.objects()
      const expected = await digestOfRows(batchOf(readFlightRows(bed.rowsPath, rowsBytes), 0))
      return {
        figures: { [name]: objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) },
        correct: receipt?.digest === expected,
      }
    }),
}
