import type { Session } from './sessions.ts'
import { utcText } from './utc-text.ts'

/** A row of `claimcheck.pipeline_status`: how a pipeline stands with one of its tables. */
export interface PipelineStatus {
  readonly pipeline: string
  readonly target: string
  /** Of the newest slice that was loaded; null where there is none. */
  readonly intervalEnd: Date | null
  /** Of the load that was published last. */
  readonly publishedAt: Date | null
  readonly rows: number | null
  readonly rowsRejected: number | null
  /** Declared fields that no record of it had. */
  readonly fieldsMissing: number | null
  readonly runsRunning: number
  /** Since that load. */
  readonly runsFailed: number
}

export async function pipelineStatus(session: Session): Promise<readonly PipelineStatus[]> {
  const { rows } = await session.query<StatusRow>(
    `SELECT pipeline, target,
            (SELECT ${utcText('max(interval_end)')} FROM claimcheck.loads AS l
              WHERE l.pipeline = s.pipeline AND l.target = s.target) AS "intervalEnd",
            ${utcText('last_published_at')} AS "publishedAt",
            last_rows::float8 AS rows, last_rows_rejected::float8 AS "rowsRejected",
            CASE WHEN last_dataset_id IS NOT NULL
              THEN coalesce(cardinality(last_missing_fields), 0)::float8 END AS "fieldsMissing",
            runs_running::float8 AS "runsRunning", runs_failed_since::float8 AS "runsFailed"
       FROM claimcheck.pipeline_status AS s ORDER BY pipeline, target`,
  )
  return rows.map((row) => ({
    ...row,
    intervalEnd: row.intervalEnd === null ? null : new Date(row.intervalEnd),
    publishedAt: row.publishedAt === null ? null : new Date(row.publishedAt),
  }))
}

/** Times as texts: the client reads those of one `DateStyle` only. */
type StatusRow = Omit<PipelineStatus, 'intervalEnd' | 'publishedAt'> &
  Readonly<Record<'intervalEnd' | 'publishedAt', string | null>>
