import { readFile, writeFile } from 'node:fs/promises'
import { RowTable } from './row-table.ts'
import { runSql, sqlText } from './run-sql.ts'

/**
 * The airports. As CSV they are the bytes of the real file; as JSON the coordinates are numbers
 * with exactly the file's digits, so nothing is rounded on the way.
 */
export async function openAirportsTable(directory: string, csvPath: string): Promise<RowTable> {
  const csv = await readFile(csvPath)
  const headerBytes = csv.indexOf(10) + 1
  // No quoted field of the file holds a newline, so lines are rows.
  const rowCount = csv.toString('latin1').split('\n').length - 2
  return new RowTable({
    name: 'airports',
    csvHeader: csv.toString('utf8', 0, headerBytes),
    directory,
    segments: [
      {
        name: 'airports',
        from: 0,
        to: rowCount,
        async render(format, path) {
          if (format === 'csv') await writeFile(path, csv.subarray(headerBytes))
          else await renderJson(csvPath, path)
        },
      },
    ],
  })
}

async function renderJson(csvPath: string, path: string): Promise<void> {
  await runSql(`
    copy (
      select iata, name, city, state, country, latitude::json as latitude, longitude::json as longitude
      from read_csv(${sqlText(csvPath)}, header = true, all_varchar = true)
    ) to ${sqlText(path)} (format json, use_tmp_file false)`)
}
