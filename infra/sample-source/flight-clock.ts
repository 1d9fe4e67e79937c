import { join } from 'node:path'
import { readNumberFile, writeNumberFile } from './number-file.ts'
import { runSql, sqlText } from './run-sql.ts'

const MINUTE_MS = 60_000
const START_MS = Date.UTC(2001, 0)
const END_MS = Date.UTC(2001, 7)
const MINUTES = (END_MS - START_MS) / MINUTE_MS

/** Which row of the flights a time falls on: they are sorted by date, and dates are whole minutes. */
export class FlightClock {
  readonly #rowsBefore: Uint32Array

  private constructor(rowsBefore: Uint32Array) {
    this.#rowsBefore = rowsBefore
  }

  static async open(directory: string, parquetPath: string): Promise<FlightClock> {
    const path = join(directory, 'flights.minutes')
    const kept = await readNumberFile(path)
    if (kept?.length === MINUTES + 1) return new FlightClock(kept)
    const counted = await countRowsBefore(parquetPath)
    await writeNumberFile(path, counted)
    return new FlightClock(counted)
  }

  /** The months of the data, each by its first moment and that of the next, in UTC milliseconds. */
  months(): { readonly startMs: number; readonly endMs: number }[] {
    return Array.from({ length: 7 }, (_, month) => ({
      startMs: Date.UTC(2001, month),
      endMs: Date.UTC(2001, month + 1),
    }))
  }

  /** How many flights have a date before this time: the 0-based row that is first at or after it. */
  rowsBefore(timeMs: number): number {
    const minute = Math.ceil((timeMs - START_MS) / MINUTE_MS)
    return this.#rowsBefore[Math.min(Math.max(minute, 0), MINUTES)] ?? 0
  }
}

async function countRowsBefore(parquetPath: string): Promise<Uint32Array> {
  const [minutes = [], counts = []] = await runSql(`
    select (epoch_ms(date) - ${START_MS}) // ${MINUTE_MS}, count(*)
    from read_parquet(${sqlText(parquetPath)})
    group by 1`)
  const rowsBefore = new Uint32Array(MINUTES + 1)
  for (const [index, minute] of minutes.entries()) {
    rowsBefore[Number(minute) + 1] = Number(counts[index])
  }
  let sum = 0
  for (let minute = 0; minute <= MINUTES; minute += 1) {
    sum += rowsBefore[minute] ?? 0
    rowsBefore[minute] = sum
  }
  return rowsBefore
}
