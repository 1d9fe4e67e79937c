import type { DatasetId } from '../../../activities/load-target.ts'
import type { LoadMode } from '../../../activities/pipeline-definition.ts'
import { CatalogError } from './catalog-error.ts'
import type { Session } from './sessions.ts'
import { utcText } from './utc-text.ts'

/** A row of `claimcheck.loads`; null stands where the load was made by an earlier version. */
export interface LoadRecord {
  readonly datasetId: DatasetId
  readonly target: string
  readonly pipeline: string
  readonly partition: string
  readonly manifestKey: string
  readonly mode: LoadMode
  readonly rowsStaged: number
  readonly rowsInserted: number
  readonly rowsUpdated: number
  readonly rowsUnchanged: number
  readonly rowsDeleted: number
  readonly rowsDuplicate: number
  readonly rowsRejected: number | null
  readonly recordsServed: number | null
  readonly rowsConverted: number | null
  readonly keyCount: number | null
  readonly keyDigest: string | null
  /** The dataset that this one was made of again, and from what of it; null where the source was asked. */
  readonly madeFrom: DatasetId | null
  readonly madeBy: 'landing' | 'parts' | null
  /** Declared fields that no record had; null where each was in one. */
  readonly missingFields: readonly string[] | null
  /** Times in RFC 3339, UTC. */
  readonly intervalStart: string | null
  readonly intervalEnd: string | null
  readonly requestedAt: string
  readonly publishedAt: string
}

/** What else the catalog knows of a load. */
export interface LoadDetails extends LoadRecord {
  /** Null where an earlier version published it. */
  readonly dataset: { readonly partCount: number; readonly rowCount: number } | null
  /** Null where an earlier version began it. */
  readonly run: {
    readonly workflowId: string | null
    readonly state: string
    readonly beganAt: string
    readonly endedAt: string | null
  } | null
}

export interface LoadFilter {
  readonly pipeline?: string | undefined
  readonly partition?: string | undefined
  /** How many at most. */
  readonly limit: number
}

/** One JSON object: counts are far below 2^53. */
const LOAD = `json_build_object('datasetId', l.dataset_id, 'target', l.target, 'pipeline', l.pipeline,
  'partition', l.partition, 'manifestKey', l.manifest_key, 'mode', l.mode, 'rowsStaged', l.rows_staged,
  'rowsInserted', l.rows_inserted, 'rowsUpdated', l.rows_updated, 'rowsUnchanged', l.rows_unchanged,
  'rowsDeleted', l.rows_deleted, 'rowsDuplicate', l.rows_duplicate, 'rowsRejected', l.rows_rejected,
  'recordsServed', l.records_served, 'rowsConverted', l.rows_converted, 'keyCount', l.key_count,
  'keyDigest', l.key_digest, 'madeFrom', l.made_from, 'madeBy', l.made_by,
  'missingFields', l.missing_fields, 'intervalStart', ${utcText('l.interval_start')},
  'intervalEnd', ${utcText('l.interval_end')}, 'requestedAt', ${utcText('l.requested_at')},
  'publishedAt', ${utcText('l.published_at')})`

/** What was loaded, the newest first. */
export async function listLoads(
  session: Session,
  { pipeline, partition, limit }: LoadFilter,
): Promise<readonly LoadRecord[]> {
  const { rows } = await session.query<{ load: LoadRecord }>(
    `SELECT ${LOAD} AS load FROM claimcheck.loads AS l
      WHERE ($1::text IS NULL OR l.pipeline = $1) AND ($2::text IS NULL OR l.partition = $2)
      ORDER BY l.published_at DESC, l.dataset_id LIMIT $3`,
    [pipeline ?? null, partition ?? null, limit],
  )
  return rows.map(({ load }) => load)
}

/**
 * The load of the one dataset whose id begins like this.
 *
 * @param prefix hexadecimal digits, with dashes or without
 * @throws CatalogError LOAD_NOT_FOUND, LOAD_AMBIGUOUS
 */
export async function findLoadByPrefix(session: Session, prefix: string): Promise<LoadDetails> {
  const { rows } = await session.query<{ load: LoadRecord } & Omit<LoadDetails, keyof LoadRecord>>(
    `SELECT ${LOAD} AS load,
            CASE WHEN d.dataset_id IS NOT NULL THEN
              json_build_object('partCount', d.part_count, 'rowCount', d.row_count) END AS dataset,
            CASE WHEN r.dataset_id IS NOT NULL THEN
              json_build_object('workflowId', r.workflow_id, 'state', r.state,
                'beganAt', ${utcText('r.began_at')}, 'endedAt', ${utcText('r.ended_at')}) END AS run
       FROM claimcheck.loads AS l
       LEFT JOIN claimcheck.datasets AS d USING (dataset_id)
       LEFT JOIN claimcheck.runs AS r USING (dataset_id)
      WHERE starts_with(replace(l.dataset_id::text, '-', ''), $1)
      ORDER BY l.published_at DESC LIMIT 2`,
    [prefix.replaceAll('-', '').toLowerCase()],
  )
  const [found, another] = rows
  const at = { dataset: prefix }
  if (found === undefined) {
    throw new CatalogError('LOAD_NOT_FOUND', 'no load is of a dataset whose id begins so', {
      at,
      remedy: '`claimcheck loads ls` lists what was loaded.',
    })
  }
  if (another !== undefined) {
    throw new CatalogError('LOAD_AMBIGUOUS', 'several loads are of datasets whose ids begin so', {
      at,
      remedy: 'Give more of its digits; `claimcheck loads ls --json` has them all.',
    })
  }
  return { ...found.load, dataset: found.dataset, run: found.run }
}
