import { escapeIdentifier } from 'pg'
import type { FieldDef } from 'pg'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { SourceSession } from './source-session.ts'

interface SplitType {
  readonly name: string
  /** Of `low`, `high`, `n` and the number of the range `i`: where range `i` begins. */
  readonly bound: string
  /** Whether a least or greatest value is one to reckon with. */
  readonly isUsual: RegExp
  /** Picks the values that are, where not all of them are. */
  readonly usual: (column: string) => string
}

const numbers = { isUsual: /^[-+\d.eE]+$/, usual: (column: string) => `${column}::text !~ '[NI]'` }
const times = {
  isUsual: /^\d{4}-(?!.*BC)/,
  usual: (column: string) => `${column} >= '0001-01-01' AND ${column} < '10000-01-01'`,
}
const wholeBound = 'low + div((high::numeric - low + 1) * i, n)'

/** By the type's number in `pg_type`, which is the same in every PostgreSQL. */
const splitTypes: ReadonlyMap<number, SplitType> = new Map([
  [21, { name: 'smallint', bound: wholeBound, ...numbers }],
  [23, { name: 'integer', bound: wholeBound, ...numbers }],
  [20, { name: 'bigint', bound: wholeBound, ...numbers }],
  [1700, { name: 'numeric', bound: 'low + (high - low) * i / n', ...numbers }],
  [1082, { name: 'date', bound: 'low + div((high - low + 1)::numeric * i, n)::integer', ...times }],
  [1114, { name: 'timestamp', bound: 'low + (high - low) * (i::float8 / n)', ...times }],
  [1184, { name: 'timestamptz', bound: 'low + (high - low) * (i::float8 / n)', ...times }],
])

export interface Split {
  readonly column: string
  readonly ranges: number
}

/**
 * How values of the column can be told into ranges.
 *
 * @throws PipelineError SOURCE_REFUSED when there is no such column, or it is of another type
 */
export function splitTypeOf(
  fields: readonly FieldDef[],
  { column }: Split,
  at: Readonly<Record<string, string>>,
): SplitType {
  const found = fields.filter(({ name }) => name === column)
  const type = splitTypes.get(found[0]?.dataTypeID ?? 0)
  if (found.length === 1 && type !== undefined) return type
  const count = found.length === 0 ? 'no column' : `${found.length} columns`
  const what =
    found.length === 1
      ? 'the column to split by is of a type without ranges'
      : `the source has ${count} of the name to split by`
  throw new PipelineError('SOURCE_REFUSED', what, {
    at: { ...at, column },
    remedy: 'Name a column of whole numbers, numeric, dates or timestamps in `source.split`.',
  })
}

/**
 * Conditions that tell rows into ranges of about the same width, so that each row meets exactly one:
 * every value is below a bound or not, whatever the bounds are, and NULL goes with the first range.
 *
 * @param from What stands behind FROM.
 */
export async function splitRanges(
  session: SourceSession,
  from: string,
  { column, ranges }: Split,
  type: SplitType,
): Promise<string[]> {
  const name = escapeIdentifier(column)
  const ends = await endsOf(session, from, name, type)
  if (ends === undefined) return ['true']
  const { rows } = await session.query<{ bound: string }>(
    `SELECT (${type.bound})::${type.name}::text AS bound
       FROM (SELECT ${literal(ends.low, type)} AS low, ${literal(ends.high, type)} AS high,
                    ${ranges} AS n) AS ends, generate_series(1, ${ranges - 1}) AS i ORDER BY i`,
  )
  const bounds = [...new Set(rows.map(({ bound }) => bound))].filter((bound) => bound !== ends.low)
  return rangeConditions(
    name,
    bounds.map((bound) => literal(bound, type)),
  )
}

function rangeConditions(name: string, bounds: readonly string[]): string[] {
  const [first] = bounds
  if (first === undefined) return ['true']
  const later = bounds.map((bound, index) => {
    const next = bounds[index + 1]
    return `${name} >= ${bound}` + (next === undefined ? '' : ` AND ${name} < ${next}`)
  })
  return [`(${name} < ${first} OR ${name} IS NULL)`, ...later]
}

/** The least and the greatest value to reckon with; undefined where there is none. */
async function endsOf(
  session: SourceSession,
  from: string,
  name: string,
  { isUsual, usual }: SplitType,
): Promise<{ low: string; high: string } | undefined> {
  const select = `SELECT min(${name})::text AS low, max(${name})::text AS high FROM ${from}`
  for (const statement of [select, `${select} WHERE ${usual(name)}`]) {
    const { rows } = await session.query<{ low: string | null; high: string | null }>(statement)
    const { low, high } = rows[0] ?? { low: null, high: null }
    if (low === null || high === null) return undefined
    if (isUsual.test(low) && isUsual.test(high)) return { low, high }
  }
  return undefined
}

function literal(text: string, { name }: SplitType): string {
  return `'${text}'::${name}`
}
