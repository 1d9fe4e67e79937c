import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { BenchCase } from '../bench-case.ts'
import { goOnSignal } from '../bench-workflows.ts'
import { checksums } from '../../../support/noise.ts'
import { waitUntilIdle, withTrial } from '../trial.ts'

const count = 5
const sizeBytes = 300_000
const name = 'objects-after-restart-encrypted'

/** A restarted worker sends all commands again to itself: what does that add to the store? */
export const encryptedRestartCase: BenchCase = {
  figures: [{ name, unit: 'new objects', aim: 'ours = 0' }],
  measure: async (bed, side) => {
    const encryptionKey = randomBytes(32).toString('hex')
    return withTrial(bed, side, { encryptionKey }, async (trial) => {
      const first = await trial.startWorker()
      const handle = await trial.start('sendAndHold', [count, sizeBytes])
      await waitUntilIdle(handle, count)
      await first.stop()
      const before = (await trial.objects()).length
      await trial.startWorker()
      await handle.signal(goOnSignal)
      const sums: unknown = await handle.result()
      return {
        figures: { [name]: (await trial.objects()).length - before },
        correct: before >= count && isDeepStrictEqual(sums, checksums(count, sizeBytes)),
      }
    })
  },
}
