import { runSql, sqlText } from '../../infra/sample-source/run-sql.ts'
import { findSampleData } from '../../infra/sample-source/sample-data.ts'

/** The first flights of the sample data, up to a minute. */
export interface FlightsSlice {
  readonly rows: number
  /** As the sample source's `until` takes it. */
  readonly until: string
  /** Of all rows in the order of their ids, each in the spelling of `rowTextSql`. */
  readonly digest: string
}

/**
 * The slice that is nearest to so many rows and has no more of them: flights are told apart by the
 * minute only, so the count may be some tens less.
 */
export async function flightsSlice(rows: number): Promise<FlightsSlice> {
  const { flightsPath } = await findSampleData()
  const flights = `(SELECT file_row_number + 1 AS id, date AS departed_at, delay, distance, origin, destination
    FROM read_parquet(${sqlText(flightsPath)}, file_row_number = true))`
  const [untils] = await runSql(`
    SELECT strftime(coalesce(
      (SELECT departed_at FROM ${flights} WHERE id = ${rows} + 1),
      (SELECT max(departed_at) + INTERVAL 1 MINUTE FROM ${flights})), '%Y-%m-%dT%H:%M:%S')`)
  const until = String(untils?.[0])
  const [counts, digests] = await runSql(`
    SELECT count(*)::INTEGER, md5(string_agg(md5(${rowTextSql}), '' ORDER BY id))
    FROM ${flights} WHERE departed_at < TIMESTAMP ${sqlText(until)}`)
  return { rows: Number(counts?.[0]), until, digest: String(digests?.[0]) }
}

/** One text a row, in SQL that DuckDB and PostgreSQL understand alike. */
export const rowTextSql = `concat(id, '|', departed_at, '|', coalesce(cast(delay AS text), 'null'),
  '|', coalesce(cast(distance AS text), 'null'), '|', coalesce(origin, 'null'), '|', coalesce(destination, 'null'))`
