import type { DatasetId } from '../../../activities/load-target.ts'
import type {
  ColumnDefinition,
  Interval,
  PostgresTargetDefinition,
} from '../../../activities/pipeline-definition.ts'
import { escapeLiteral } from 'pg'
import { compareRows } from './compare-rows.ts'
import { sliceCondition } from './interval-rules.ts'
import { sliceEnd } from './own-values.ts'
import { POSITION_COLUMN, quoteColumn, quoteName, quoteTable } from './sql-name.ts'

/** What a row of the dataset, or of the table, is to the other. */
export const differenceKinds = [
  /** The table has the row as the dataset has it. */
  'equal',
  /** The dataset has the row, the table has none with its key. */
  'missing',
  /** The table has another row with its key. */
  'differing',
  /** The table has the row, the dataset has none with its key, and the load would have taken it away. */
  'extra',
  /** The table's row has a greater `order_by`, and so no load of this row replaces it. */
  'newer',
  /** The table's row differs, and was written by a later load. */
  'overwritten',
] as const

export type DifferenceKind = (typeof differenceKinds)[number]

export interface ComparisonRequest {
  readonly target: PostgresTargetDefinition
  readonly columns: readonly ColumnDefinition[]
  readonly interval: Interval
  readonly timezone?: string | undefined
  /** As an SQL identifier; without duplicates. */
  readonly staging: string
  /** Datasets that came into the table after this one. */
  readonly laterDatasets: readonly DatasetId[]
  /** The type of each column in the table, as SQL. */
  readonly types: ReadonlyMap<string, string>
}

/** Whether rows that are not in the dataset have no place in the table, or in its slice. */
function takesAway({ mode, onMissing = 'keep' }: PostgresTargetDefinition): boolean {
  return mode === 'replace' || mode === 'replace-interval' || onMissing !== 'keep'
}

/** A query for one row for each pair of rows with the same key: its `kind`, and its `key` as texts. */
export function keyedComparison(request: ComparisonRequest): string {
  const { target, columns } = request
  const { sameKey } = compareRows(request)
  const keys = columns.filter(({ key }) => key).map(({ name }) => quoteColumn(name))
  const others = columns.filter(({ key }) => !key).map(({ name }) => quoteColumn(name))
  const isAbsent = (side: string) => `${side}.${POSITION_COLUMN} IS NULL`
  const cases = [
    `WHEN ${isAbsent('t')} THEN 'missing'`,
    `WHEN ${isAbsent('s')} THEN 'extra'`,
    `WHEN ${sameImage(others)} THEN 'equal'`,
  ]
  if (target.orderBy !== undefined && target.mode !== 'replace' && target.mode !== 'append') {
    const rows = compareRows({ columns, orderBy: target.orderBy })
    cases.push(`WHEN ${rows.isNewer('t', 's')} THEN 'newer'`)
  }
  if (hasLineage(request)) {
    const later = escapeLiteral(`{${request.laterDatasets.join(',')}}`)
    cases.push(`WHEN t."_dataset_id" = ANY (${later}::uuid[]) THEN 'overwritten'`)
  }
  return `SELECT CASE ${cases.join('\n            ')} ELSE 'differing' END AS kind,
       ARRAY[${keys.map((name) => `coalesce(s.${name}, t.${name})::text COLLATE "C"`).join(', ')}] AS key
  FROM (${stagedRows(request)}) AS s
  ${takesAway(target) ? 'FULL' : 'LEFT'} JOIN (${tableRows(request)}) AS t
    ON ${sameKey('s', 't')}`
}

/**
 * The same for rows without a key, which may be there several times: one row for each kind, with its
 * `count`. Rows are told apart by a digest of their texts.
 */
export function keylessComparison(request: ComparisonRequest): string {
  const names = request.columns.map(({ name }) => quoteColumn(name))
  const counted = (rows: string) =>
    `SELECT sha256(convert_to(ROW(${names.join(', ')})::text, 'UTF8')) AS digest, count(*) AS n
       FROM (${rows}) AS r GROUP BY 1`
  const [staged, found] = ['coalesce(s.n, 0)', 'coalesce(t.n, 0)']
  const sum = (count: string) => `coalesce(sum(${count}), 0)`
  const extra = takesAway(request.target) ? `, ('extra', c.extra)` : ''
  return `SELECT k.kind, k.count::text AS count
  FROM (SELECT ${sum(`least(${staged}, ${found})`)} AS equal,
               ${sum(`greatest(${staged} - ${found}, 0)`)} AS missing,
               ${sum(`greatest(${found} - ${staged}, 0)`)} AS extra
          FROM (${counted(stagedRows(request))}) AS s
          FULL JOIN (${counted(tableRows(request))}) AS t USING (digest)) AS c,
       LATERAL (VALUES ('equal', c.equal), ('missing', c.missing)${extra}) AS k (kind, count)`
}

/** The staged rows, each value as one of its column in the table. */
function stagedRows(request: ComparisonRequest): string {
  return `SELECT ${castColumns(request)}, true AS ${POSITION_COLUMN} FROM ${request.staging}`
}

/** The rows of the table that the dataset is to be found in. */
function tableRows(request: ComparisonRequest): string {
  const own = hasLineage(request) ? ['"_dataset_id"'] : []
  const list = [castColumns(request), ...own, `true AS ${POSITION_COLUMN}`].join(', ')
  const conditions = rowConditions(request)
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  return `SELECT ${list} FROM ${quoteTable(request.target)} t${where}`
}

function rowConditions(request: ComparisonRequest): string[] {
  const { target, interval } = request
  switch (target.mode) {
    case 'replace-interval':
      return [sliceCondition(request, 't')]
    case 'history': {
      const end = sliceEnd({ interval })
      return [`t.valid_from <= ${end}`, `(t.valid_to IS NULL OR t.valid_to > ${end})`]
    }
    case 'append':
    case 'merge':
    case 'replace':
      return target.onMissing === 'mark' ? ['t._deleted_at IS NULL'] : []
  }
}

/** Both sides of a comparison are of the table's types, those of domains being what is beneath. */
function castColumns({ columns, types }: ComparisonRequest): string {
  return columns
    .map(({ name }) => `${quoteColumn(name)}::${types.get(name)} AS ${quoteName(name)}`)
    .join(', ')
}

/** Whether the values are the very same ones, not only equal: as -0 and 0, or 1.0 and 1.00 in jsonb. */
function sameImage(names: readonly string[]): string {
  if (names.length === 0) return 'true'
  // As records: of two row constructors PostgreSQL would compare column by column.
  const record = (side: string) =>
    `ROW(${names.map((name) => `${side}.${name}`).join(', ')})::record`
  return `${record('s')} *= ${record('t')}`
}

function hasLineage({ target, types }: ComparisonRequest): boolean {
  return target.lineage === true && types.has('_dataset_id')
}
