import type { Client } from 'pg'
import type { Session } from '../../src/cli/session.ts'
import { activityTimes, type ActivityTimes } from './activity-times.ts'
import type { BenchStack } from './bench-stack.ts'
import type { FlightsSlice } from './flights-slice.ts'
import { createFlights, settle, tableContents } from './flights-table.ts'
import { runFloor, textbookMerge, type FloorTools } from './floor.ts'
import { flightsPipeline, runOurLoad, type OurLoad } from './our-load.ts'
import { ourMerge } from './our-merge.ts'
import { cpuSeconds, cpuUsed } from './process-figures.ts'
import { rounded, say } from './report.ts'

export interface LoadBench {
  readonly stack: BenchStack
  readonly session: Session
  readonly database: Client
  readonly slice: FlightsSlice
  readonly floorTools: FloorTools
  readonly workerPid: number
}

export interface LoadFigures {
  readonly floorSeconds: number
  readonly oursSeconds: number
  readonly mergeFloorSeconds: number
  readonly mergeFloorSameSqlSeconds: number
  readonly mergeOursSeconds: number
  /** Of our load into the empty table, all runs of the chain. */
  readonly historyBytes: number
  readonly historyBytesPerRun: readonly number[]
  /** Of both our loads. */
  readonly pagesRefetched: number
  readonly correct: boolean
  /** Of our load into the empty table, by server. */
  readonly cpuSeconds: Readonly<Record<string, number>>
  readonly activities: Readonly<Record<string, ActivityTimes>>
}

const ours = 'flights_ours'
const oursTable = `public.${ours}`
const floorTable = 'public.flights_floor'
const staging = 'public.flights_floor_staging'

/** The floor and ours by turns, first into empty tables, then over the same rows. */
export async function measureLoads(bench: LoadBench, round: number): Promise<LoadFigures> {
  const { stack, session, database, slice } = bench
  const tables = [floorTable, oursTable]
  for (const table of tables) await createFlights(database, table)
  const url = `${stack.sourceUrl}/flights.ndjson?until=${slice.until}`
  const databaseUrl = stack.addresses.database.url
  const floorLoad = { tools: bench.floorTools, url, database, databaseUrl, staging }
  const pids = { ...stack.pids, worker: bench.workerPid }

  const floor = async (merge: readonly string[]): Promise<number> => {
    await settle(database, tables)
    const { rows, seconds } = await runFloor({ ...floorLoad, merge })
    if (rows !== slice.rows) throw new Error(`the floor copied ${rows} rows of ${slice.rows}`)
    say(`  floor ${seconds.toFixed(2)} s`)
    return rounded(seconds)
  }
  const path = async (): Promise<OurLoad & { cpu: Record<string, number> }> => {
    await settle(database, tables)
    const before = cpuSeconds(pids)
    const load = await runOurLoad(stack, session, slice, ours)
    say(`  ours  ${load.seconds.toFixed(2)} s`)
    return { ...load, cpu: cpuUsed(before, cpuSeconds(pids)) }
  }
  /** Who goes first changes from round to round. */
  const both = async (merge: readonly string[]) => {
    if (round % 2 === 0) {
      const floorSeconds = await floor(merge)
      return { floorSeconds, load: await path() }
    }
    const load = await path()
    return { floorSeconds: await floor(merge), load }
  }

  const textbook = [textbookMerge(staging, floorTable)]
  const empty = await both(textbook)
  const merge = await both(textbook)
  const definition = await flightsPipeline(stack, slice, ours)
  const sameSql = await floor(ourMerge(definition, { staging, target: floorTable }))

  const contents = [
    await tableContents(database, floorTable),
    await tableContents(database, oursTable),
  ]
  const isSame = contents.every(({ rows, digest }) => {
    return rows === slice.rows && digest === slice.digest
  })
  const { counts: first } = empty.load.result
  const { counts: second } = merge.load.result
  const isCounted = first.rowsInserted === slice.rows && second.rowsUnchanged === slice.rows
  const pagesRefetched = empty.load.pagesRefetched + merge.load.pagesRefetched
  const { historyBytesPerRun } = empty.load
  return {
    floorSeconds: empty.floorSeconds,
    oursSeconds: rounded(empty.load.seconds),
    mergeFloorSeconds: merge.floorSeconds,
    mergeFloorSameSqlSeconds: sameSql,
    mergeOursSeconds: rounded(merge.load.seconds),
    historyBytes: historyBytesPerRun.reduce((sum, bytes) => sum + bytes, 0),
    historyBytesPerRun,
    pagesRefetched,
    correct: isSame && isCounted && pagesRefetched === 0,
    cpuSeconds: empty.load.cpu,
    activities: await activityTimes(session.client, empty.load),
  }
}
