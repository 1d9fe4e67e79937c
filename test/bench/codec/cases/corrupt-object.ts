import { isDeepStrictEqual } from 'node:util'
import type { BenchCase } from '../bench-case.ts'
import { goOnSignal } from '../bench-workflows.ts'
import { checksum, noise } from '../../../support/noise.ts'
import { endedActivities, withTrial, type Trial } from '../trial.ts'
import { eventually, within } from '../within.ts'

const seed = 11
const sizeBytes = 300_000
const noticeMs = 20_000
const healMs = 40_000
const name = 'corrupt-object'
const detectedName = `${name}-detected`

/**
 * The object of a result gets other bytes of the same length. Does a fresh worker notice, and is
 * the object whole again once another fresh worker, in the same run, has written the same content?
 */
export const corruptObjectCase: BenchCase = {
  figures: [
    { name, unit: '1 = the next write heals it', aim: 'ours = 1' },
    { name: detectedName, unit: '1 = a read notices', aim: 'ours = 1' },
  ],
  measure: async (bed, side) =>
    withTrial(bed, side, {}, async (trial) => {
      const otherQueue = `${trial.taskQueue}-other`
      const first = await trial.startWorker()
      const handle = await trial.start('makeTwice', [seed, sizeBytes, otherQueue])
      await eventually(30_000, async () => endedActivities(handle, 1))
      await first.stop()
      const { key, damaged } = await damage(trial)

      await trial.startWorker()
      await handle.signal(goOnSignal)
      const failure = await eventually(noticeMs, async () => {
        const { events } = await handle.fetchHistory()
        return events?.find((event) => event.workflowTaskFailedEventAttributes)
      })

      await trial.startWorker(otherQueue)
      await eventually(30_000, async () => endedActivities(handle, 2))
      const isRewritten = !damaged.equals(await trial.store.get(key))
      // The failed task is tried again after a while.
      const sums = isRewritten
        ? await within(healMs, handle.result() as Promise<unknown>)
        : undefined
      const sum = checksum(noise(seed, sizeBytes))
      const isHealed = isDeepStrictEqual(sums, [sum, sum])
      return {
        figures: { [name]: Number(isHealed), [detectedName]: Number(failure !== undefined) },
        // Never is a value of wrong bytes given out.
        correct: sums === undefined || isHealed,
      }
    }),
}

async function damage(trial: Trial) {
  const { store } = trial
  const [object] = await trial.objects()
  if (object === undefined) throw new Error('the result is not in the store')
  const { key } = object
  const damaged = Buffer.from(await store.get(key))
  damaged.fill(0x5a, 100)
  await store.put(key, damaged, { contentType: 'application/octet-stream' })
  return { key, damaged }
}
