import {
  coveredBy,
  coveredByLatest,
  type LoadedSlice,
} from '../../../activities/partition/covered-by.ts'
import type { CoverageRequest } from './postgres-requests.ts'
import type { Session } from './sessions.ts'
import { displayTable } from './sql-name.ts'

/** The slices that a load of the catalog covers; none before the first load has made the catalog. */
export async function readCoveredSlices(
  session: Session,
  request: Pick<CoverageRequest, 'target' | 'pipeline' | 'slices'>,
): Promise<ReadonlySet<string>> {
  const { target, pipeline, slices } = request
  const first = slices[0]
  if (first === undefined) return new Set()
  const { rows } = await session.query<{ intervals: boolean; loads: boolean }>(
    `SELECT to_regclass('claimcheck.loads') IS NOT NULL AS loads,
            to_regclass('claimcheck.pipeline_status') IS NOT NULL AS intervals`,
  )
  if (rows[0]?.loads !== true) return new Set()
  // The catalog of an earlier version has no intervals.
  const interval = rows[0].intervals
    ? `CASE WHEN interval_start IS NOT NULL THEN
         json_build_object('start', ${moment('interval_start')}, 'end', ${moment('interval_end')}) END`
    : 'NULL::json'
  const onlyLater = rows[0].intervals ? 'AND coalesce(interval_end > $3::timestamptz, true)' : ''
  const oldest = slices.reduce(
    (start, slice) => (slice.interval.start < start ? slice.interval.start : start),
    first.interval.start,
  )
  const loads = await session.query<{
    name: string
    interval: NonNullable<LoadedSlice['interval']> | null
  }>(
    `SELECT partition AS name, ${interval} AS interval FROM claimcheck.loads
      WHERE pipeline = $1 AND target = $2 ${onlyLater}`,
    [pipeline, displayTable(target), ...(rows[0].intervals ? [oldest] : [])],
  )
  const loaded = loads.rows.map((row) => ({ name: row.name, interval: row.interval ?? undefined }))
  return target.mode === 'replace' ? coveredByLatest(slices, loaded) : coveredBy(slices, loaded)
}

function moment(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`
}
