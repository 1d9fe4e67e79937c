/**
 * Stages parts in a process of its own, whose memory nothing else has touched, and prints how long it
 * took and how much memory it took. Reads a `StageTask` from its first argument and the database from
 * CLAIMCHECK_DATABASE_URL.
 */
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { stagingTable } from '../../src/targets/postgres/staging-table.ts'
import { peakRssMib } from './process-figures.ts'
import { measure } from './stage-measure.ts'
import { flightsLoad, openOurSide } from './stage-ours.ts'

const parts = z.array(z.object({ path: z.string(), rowCount: z.number() }))
const stageTask = z.object({ table: z.string(), parts, databasePid: z.number() })
export type StageTask = z.infer<typeof stageTask>

/** Linux forgets the peak so far; where it cannot, the peak is that of the whole process. */
function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    // Elsewhere `peakRssMib` tells what is held.
  }
}

const task = stageTask.parse(JSON.parse(process.argv[2] ?? '{}'))
const url = process.env['CLAIMCHECK_DATABASE_URL'] ?? ''
const ours = await openOurSide(url, join(tmpdir(), `claimcheck-spill-${process.pid}`))
const rssIdleMib = peakRssMib(process.pid)
// A worker has staged before: what the first part loads, compiles and keeps is not the load's.
const onePart = task.parts.slice(0, 1)
const warmUp = flightsLoad(task.table, onePart)
await ours.stage(warmUp, onePart)
await ours.discard(warmUp)
const load = flightsLoad(task.table, task.parts)
forgetPeak()
const rssBeforeMib = process.memoryUsage.rss() / 2 ** 20
const pids = [task.databasePid, process.pid]
const measured = await measure(pids, () => ours.stage(load, task.parts))
const rssPeakMib = peakRssMib(process.pid)
const staging = stagingTable(load.datasetId)
process.stdout.write(JSON.stringify({ staging, measured, rssIdleMib, rssBeforeMib, rssPeakMib }))
await ours.close()
