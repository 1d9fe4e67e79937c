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
  const { wanted, values } = rows[0].intervals ? boundedBy(target.mode, slices, first) : unbounded
  const loads = await session.query<{
    name: string
    interval: NonNullable<LoadedSlice['interval']> | null
  }>(
    `SELECT partition AS name, ${interval} AS interval FROM claimcheck.loads
      WHERE pipeline = $1 AND target = $2 ${wanted}`,
    [pipeline, displayTable(target), ...values],
  )
  const loaded = loads.rows.map((row) => ({ name: row.name, interval: row.interval ?? undefined }))
  return target.mode === 'replace' ? coveredByLatest(slices, loaded) : coveredBy(slices, loaded)
}

const unbounded = { wanted: '', values: [] }

/** Looks go on for as long as a pipeline does: only loads that can cover one of the slices are read. */
function boundedBy(
  mode: CoverageRequest['target']['mode'],
  slices: CoverageRequest['slices'],
  first: CoverageRequest['slices'][number],
): { readonly wanted: string; readonly values: readonly unknown[] } {
  let { start, end } = first.interval
  for (const { interval } of slices) {
    if (interval.start < start) ({ start } = interval)
    if (interval.end > end) ({ end } = interval)
  }
  const later = 'AND coalesce(interval_end > $3::timestamptz, true)'
  // A later load that took the place of all covers what was before it.
  if (mode === 'replace') return { wanted: later, values: [start] }
  return {
    // One of the name of a slice covers it, whenever it was: the clock of the pipeline may have been another.
    wanted: `${later}
        AND (coalesce(interval_start < $4::timestamptz, true) OR partition = ANY ($5::text[]))`,
    values: [start, end, slices.map(({ name }) => name)],
  }
}

function moment(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`
}
