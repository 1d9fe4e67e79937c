/**
 * Our whole path beside the least that can be done with the same rows, on one embedded stack.
 *
 *   npm run bench:load -- [--rows N] [--repeat R] [--json]
 *
 * Fails when a table is not what the source holds, never for slowness.
 */
import { parseArgs } from 'node:util'
import { openSession } from '../../src/cli/session.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { openBenchDatabase } from './bench-database.ts'
import { startBenchStack } from './bench-stack.ts'
import { flightsSlice } from './flights-slice.ts'
import { findFloorTools } from './floor.ts'
import { measureLoads, type LoadFigures } from './measure-loads.ts'
import { median, printFigures, rounded, say } from './report.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    repeat: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
const floorTools = findFloorTools()
const slice = await flightsSlice(Number(values.rows))
const stack = await startBenchStack(say)
const figures: LoadFigures[] = []
let peakRss: number
try {
  const session = await openSession(readSettings({}), stack.addresses)
  const database = await openBenchDatabase(stack)
  const worker = await stack.startWorker()
  const bench = { stack, session, database, slice, floorTools, workerPid: worker.pid }
  for (let round = 0; round < Number(values.repeat); round += 1) {
    say(`round ${round + 1} of ${values.repeat}: ${slice.rows} rows`)
    figures.push(await measureLoads(bench, round))
  }
  peakRss = worker.peakRssMib()
  await database.end()
  await session.close()
} finally {
  await stack.stop()
}

const middle = (figure: (round: LoadFigures) => number): number => median(figures.map(figure))
const floorSeconds = middle((round) => round.floorSeconds)
const oursSeconds = middle((round) => round.oursSeconds)
const mergeFloorSeconds = middle((round) => round.mergeFloorSeconds)
const mergeOursSeconds = middle((round) => round.mergeOursSeconds)
const correct = figures.every((round) => round.correct)
printFigures(
  {
    rows: slice.rows,
    floorSeconds: rounded(floorSeconds),
    oursSeconds: rounded(oursSeconds),
    ratioToFloor: rounded(oursSeconds / floorSeconds),
    mergeFloorSeconds: rounded(mergeFloorSeconds),
    mergeOursSeconds: rounded(mergeOursSeconds),
    mergeRatioToFloor: rounded(mergeOursSeconds / mergeFloorSeconds),
    mergeFloorSameSqlSeconds: rounded(middle((round) => round.mergeFloorSameSqlSeconds)),
    peakRssMiB: peakRss,
    historyBytes: Math.max(...figures.map((round) => round.historyBytes)),
    historyBytesPerRun: figures[0]?.historyBytesPerRun,
    pagesRefetched: figures.reduce((sum, round) => sum + round.pagesRefetched, 0),
    correct,
    floorTools,
    cpuSeconds: figures.at(-1)?.cpuSeconds,
    activities: figures.at(-1)?.activities,
    rounds: figures.map((round) => [
      round.floorSeconds,
      round.oursSeconds,
      round.mergeFloorSeconds,
      round.mergeOursSeconds,
    ]),
  },
  values.json,
)
process.exit(correct ? 0 : 1)
