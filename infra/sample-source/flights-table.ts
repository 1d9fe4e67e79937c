import type { FlightClock } from './flight-clock.ts'
import { RowTable, type RowFormat } from './row-table.ts'
import { runSql, sqlText } from './run-sql.ts'

/**
 * The three million flights, rendered a month at a time: a reader of January waits for January only.
 * A flight's `id` is its 1-based place in the Parquet file.
 */
export function openFlightsTable(
  directory: string,
  parquetPath: string,
  clock: FlightClock,
): RowTable {
  return new RowTable({
    name: 'flights',
    csvHeader: 'id,date,delay,distance,origin,destination\n',
    directory,
    segments: clock.months().map(({ startMs, endMs }) => ({
      name: `flights-${new Date(startMs).toISOString().slice(0, 7)}`,
      from: clock.rowsBefore(startMs),
      to: clock.rowsBefore(endMs),
      render: (format, path) => renderMonth({ format, path, parquetPath, startMs, endMs }),
    })),
  })
}

interface Month {
  readonly format: RowFormat
  readonly path: string
  readonly parquetPath: string
  readonly startMs: number
  readonly endMs: number
}

async function renderMonth({ format, path, parquetPath, startMs, endMs }: Month): Promise<void> {
  const options = format === 'ndjson' ? 'format json' : 'format csv, header false'
  await runSql(`
    copy (
      select
        file_row_number + 1 as id,
        strftime(date, '%Y-%m-%dT%H:%M:%S') as date,
        delay,
        distance,
        origin,
        destination
      from read_parquet(${sqlText(parquetPath)}, file_row_number = true) as flights
      where flights.date >= make_timestamp(${startMs}000) and flights.date < make_timestamp(${endMs}000)
    ) to ${sqlText(path)} (${options}, use_tmp_file false)`)
}
