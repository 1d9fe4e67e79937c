/**
 * Whether the worker's memory depends on how much it loads: its peak for many rows beside that for
 * few, each in a worker process of its own, on one embedded stack.
 *
 *   npm run bench:memory -- [--small N] [--large N] [--repeat R] [--json]
 *
 * Fails when a table has not the source's rows, never for the memory.
 */
import { parseArgs } from 'node:util'
import { openSession } from '../../src/cli/session.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { openBenchDatabase } from './bench-database.ts'
import { startBenchStack } from './bench-stack.ts'
import { flightsSlice, type FlightsSlice } from './flights-slice.ts'
import { createFlights, settle, tableContents } from './flights-table.ts'
import { runOurLoad } from './our-load.ts'
import { median, printFigures, rounded, say } from './report.ts'

interface MemoryFigures {
  readonly peakRssMib: number
  readonly historyBytesPerRun: readonly number[]
  readonly seconds: number
  readonly correct: boolean
}

const { values } = parseArgs({
  options: {
    small: { type: 'string', default: '500000' },
    large: { type: 'string', default: '3000000' },
    repeat: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
})
const aim = 1.2
const slices = [await flightsSlice(Number(values.small)), await flightsSlice(Number(values.large))]
const stack = await startBenchStack(say)
const figures = slices.map((): MemoryFigures[] => [])
try {
  const session = await openSession(readSettings({}), stack.addresses)
  const database = await openBenchDatabase(stack)

  const measure = async (slice: FlightsSlice): Promise<MemoryFigures> => {
    await createFlights(database, 'public.flights')
    await settle(database, ['public.flights'])
    const worker = await stack.startWorker()
    const load = await runOurLoad(stack, session, slice, 'flights')
    const peakRssMib = worker.peakRssMib()
    await worker.stop()
    const { rows, digest } = await tableContents(database, 'public.flights')
    const correct =
      rows === slice.rows && digest === slice.digest && load.result.counts.rowsInserted === rows
    say(`  ${rows} rows: ${peakRssMib} MiB at most, ${load.seconds.toFixed(1)} s`)
    const { historyBytesPerRun } = load
    return { peakRssMib, historyBytesPerRun, seconds: rounded(load.seconds), correct }
  }

  for (let round = 0; round < Number(values.repeat); round += 1) {
    for (const [index, slice] of slices.entries()) figures[index]?.push(await measure(slice))
  }
  await database.end()
  await session.close()
} finally {
  await stack.stop()
}

const [small = [], large = []] = figures
const peaks = (runs: readonly MemoryFigures[]): number[] => runs.map((run) => run.peakRssMib)
const correct = [...small, ...large].every((run) => run.correct)
printFigures(
  {
    rowsSmall: slices[0]?.rows,
    rowsLarge: slices[1]?.rows,
    peakRssSmallMiB: rounded(median(peaks(small)), 1),
    peakRssLargeMiB: rounded(median(peaks(large)), 1),
    ratio: rounded(median(peaks(large)) / median(peaks(small))),
    aim,
    peaksSmallMiB: peaks(small),
    peaksLargeMiB: peaks(large),
    historyBytesPerRun: large[0]?.historyBytesPerRun,
    secondsSmall: median(small.map((run) => run.seconds)),
    secondsLarge: median(large.map((run) => run.seconds)),
    correct,
  },
  values.json,
)
process.exit(correct ? 0 : 1)
