/**
 * Our way from landed pages to Parquet beside DuckDB's own command on the same lines, in one process
 * and by turns.
 *
 *   npm run bench:convert -- [--rows N] [--repeat R] [--format ndjson|csv] [--in-flight N] [--json]
 *
 * Fails when a part does not hold the source's rows, never for slowness.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { DuckDb } from '../../activities/conversion/duck-db.ts'
import { MemoryObjectStore } from '../../codec/memory-object-store.ts'
import { landFlights, writeFlightsFile } from './convert-flights.ts'
import { convertByDuckDb, convertOurs, type Conversion } from './convert-sides.ts'
import { flightsSlice } from './flights-slice.ts'
import { median, printFigures, rounded, say } from './report.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    repeat: { type: 'string', default: '3' },
    format: { type: 'string', default: 'ndjson' },
    'in-flight': { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
const aim = 1.5
const format = z.enum(['ndjson', 'csv']).parse(values.format)
const inFlight = Number(values['in-flight'])
const directory = await mkdtemp(join(tmpdir(), 'claimcheck-bench-convert-'))
const figures: { ours: Conversion; duckDb: Conversion }[] = []
let rows: number
let batchCount: number
try {
  say('rendering and landing the flights')
  const slice = await flightsSlice(Number(values.rows))
  const path = await writeFlightsFile(directory, format, slice)
  const store = new MemoryObjectStore()
  const batches = await landFlights(store, path, format)
  const duckDb = await DuckDb.open({ spillDirectory: join(directory, 'spill') })
  const flights = { duckDb, store, format, batches, inFlight }
  const ours = (): Promise<Conversion> => convertOurs(flights, directory, slice)
  const theirs = (): Promise<Conversion> => convertByDuckDb(path, format, directory, slice)
  rows = slice.rows
  batchCount = batches.length
  // A worker has converted before; and the first reading of a file is the disk's affair.
  await ours()
  await theirs()
  for (let round = 0; round < Number(values.repeat); round += 1) {
    // Who goes first changes from round to round.
    const first = round % 2 === 0 ? await ours() : await theirs()
    const second = round % 2 === 0 ? await theirs() : await ours()
    const pair = round % 2 === 0 ? { ours: first, duckDb: second } : { ours: second, duckDb: first }
    say(`round ${round + 1}: ours ${pair.ours.seconds} s, DuckDB ${pair.duckDb.seconds} s`)
    figures.push(pair)
  }
  duckDb.close()
} finally {
  await rm(directory, { recursive: true, force: true })
}

const of = (figure: (pair: (typeof figures)[number]) => number) => {
  const all = figures.map(figure)
  return { min: rounded(Math.min(...all), 3), median: rounded(median(all), 3) }
}
const oursSeconds = of(({ ours }) => ours.seconds)
const duckDbSeconds = of(({ duckDb }) => duckDb.seconds)
const oursCpu = of(({ ours }) => ours.cpuSeconds)
const duckDbCpu = of(({ duckDb }) => duckDb.cpuSeconds)
const correct = figures.every(({ ours, duckDb }) => ours.correct && duckDb.correct)
printFigures(
  {
    rows,
    format,
    batches: batchCount,
    inFlight,
    oursSeconds: oursSeconds.median,
    duckDbSeconds: duckDbSeconds.median,
    /** Of each round's pair, so that a busy moment weighs on both. */
    ratio: rounded(median(figures.map(({ ours, duckDb }) => ours.seconds / duckDb.seconds))),
    aim,
    oursSecondsMin: oursSeconds.min,
    duckDbSecondsMin: duckDbSeconds.min,
    ratioOfMins: rounded(oursSeconds.min / duckDbSeconds.min),
    oursCpuSeconds: oursCpu.median,
    duckDbCpuSeconds: duckDbCpu.median,
    cpuRatio: rounded(oursCpu.median / duckDbCpu.median),
    correct,
    rounds: figures.map(({ ours, duckDb }) => [ours.seconds, duckDb.seconds]),
  },
  values.json,
)
process.exit(correct ? 0 : 1)
