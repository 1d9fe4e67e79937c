import type { DatasetId } from '../../../activities/load-target.ts'
import type {
  ColumnDefinition,
  Interval,
  PostgresTargetDefinition,
} from '../../../activities/pipeline-definition.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import {
  type ComparisonRequest,
  type DifferenceKind,
  keyedComparison,
  keylessComparison,
} from './comparison-sql.ts'
import { inspectTable } from './inspect-table.ts'
import type { LoadRecord } from './list-loads.ts'
import type { Session } from './sessions.ts'
import { displayTable } from './sql-name.ts'
import { stagingTable } from './staging-table.ts'

/** How many rows are of each kind. */
export type DifferenceCounts = Readonly<Record<DifferenceKind, number>>

export interface DifferenceExample {
  readonly kind: DifferenceKind
  /** Texts of the key's columns. */
  readonly key: Readonly<Record<string, string>>
}

export interface Comparison {
  readonly rows: DifferenceCounts
  readonly examples: readonly DifferenceExample[]
  /** Loads that came into the table after this one, and may be why it differs. */
  readonly laterLoads: number
}

export interface CompareRequest {
  /** What is staged under this id, without duplicates, is the dataset of the load. */
  readonly stagedAs: DatasetId
  readonly target: PostgresTargetDefinition
  readonly columns: readonly ColumnDefinition[]
  readonly interval: Interval
  readonly timezone?: string | undefined
  readonly load: Pick<LoadRecord, 'datasetId' | 'target'>
  readonly withExamples: boolean
}

/** Of each kind that has examples. */
const maxExamples = 10

/**
 * What a comparison may use for itself: hash tables and sorts beyond this go to disk. And how values are
 * written where the table has come to hold them as texts.
 */
const SETTINGS = `SET LOCAL work_mem = '64MB'; SET LOCAL jit = off;
  SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL extra_float_digits = 1`

/**
 * Compares a table with the dataset of a load. Only reads.
 *
 * @param session What one statement sees, the next one is to see too.
 * @throws PipelineError TARGET_MISMATCH where the table, or a column of the dataset in it, is not there
 */
export async function compareLoad(session: Session, request: CompareRequest): Promise<Comparison> {
  await session.query(SETTINGS)
  const laterDatasets = await findLaterDatasets(session, request.load)
  const laterLoads = laterDatasets.length
  const comparison = await comparisonRequest(session, request, laterDatasets)
  const key = request.columns.filter((column) => column.key).map(({ name }) => name)
  if (key.length === 0) {
    const { rows } = await session.query<CountRow>(keylessComparison(comparison))
    return { rows: countsOf(rows), examples: [], laterLoads }
  }
  const pairs = keyedComparison(comparison)
  const { rows } = await session.query<CountRow>(
    `SELECT kind, count(*)::text AS count FROM (${pairs}) AS p GROUP BY kind`,
  )
  const counts = countsOf(rows)
  const differs = counts.missing + counts.differing + counts.extra > 0
  if (!request.withExamples || !differs) return { rows: counts, examples: [], laterLoads }
  const found = await session.query<{ kind: DifferenceKind; key: string[] }>(
    `SELECT kind, key
       FROM (SELECT kind, key, row_number() OVER (PARTITION BY kind ORDER BY key) AS place
               FROM (${pairs}) AS p WHERE kind IN ('missing', 'differing', 'extra')) AS e
      WHERE place <= ${maxExamples} ORDER BY kind, place`,
  )
  return {
    rows: counts,
    laterLoads,
    examples: found.rows.map(({ kind, key: texts }) => ({
      kind,
      key: Object.fromEntries(key.map((name, index) => [name, texts[index] ?? ''])),
    })),
  }
}

interface CountRow {
  readonly kind: DifferenceKind
  readonly count: string
}

function countsOf(rows: readonly CountRow[]): DifferenceCounts {
  const of = (kind: DifferenceKind): number =>
    Number(rows.find((row) => row.kind === kind)?.count ?? 0)
  return {
    equal: of('equal'),
    missing: of('missing'),
    differing: of('differing'),
    extra: of('extra'),
    newer: of('newer'),
    overwritten: of('overwritten'),
  }
}

async function comparisonRequest(
  session: Session,
  { stagedAs, target, columns, interval }: CompareRequest,
  laterDatasets: readonly DatasetId[],
): Promise<ComparisonRequest> {
  const table = await inspectTable(session, target)
  const types = new Map(table?.columns.map(({ name, type }) => [name, type]))
  const absent = columns.find(({ name }) => !types.has(name))
  if (table === undefined || absent !== undefined) {
    const problem = table === undefined ? 'The table' : `Column ${JSON.stringify(absent?.name)}`
    throw new PipelineError('TARGET_MISMATCH', `${problem} is not there any more`, {
      at: { table: displayTable(target) },
      remedy: 'Load the partition again, if the table is to have these rows.',
    })
  }
  return { target, columns, interval, laterDatasets, types, staging: stagingTable(stagedAs) }
}

async function findLaterDatasets(
  session: Session,
  { datasetId, target }: CompareRequest['load'],
): Promise<DatasetId[]> {
  const { rows } = await session.query<{ id: DatasetId }>(
    `SELECT later.dataset_id AS id
       FROM claimcheck.loads AS own
       JOIN claimcheck.loads AS later USING (target)
      WHERE own.dataset_id = $1 AND target = $2 AND later.published_at > own.published_at`,
    [datasetId, target],
  )
  return rows.map(({ id }) => id)
}
