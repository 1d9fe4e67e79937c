import type { DuckDBConnection } from '@duckdb/node-api'
import { z } from 'zod'
import { queryTexts } from './query-texts.ts'
import { literal } from './sql-text.ts'

const serialized = z.union([
  z.object({ error: z.literal(true), error_message: z.string() }),
  z.object({ error: z.literal(false), statements: z.array(z.unknown()) }),
])

/** Table functions that make rows of their arguments alone. */
const tableFunctions: ReadonlySet<string> = new Set([
  'unnest',
  'range',
  'generate_series',
  'json_each',
  'json_tree',
])

/**
 * Beside those that DuckDB itself says are not: functions that do not depend on their arguments alone.
 * `age` is one with a single argument.
 */
const changingFunctions: ReadonlySet<string> = new Set([
  'ago',
  'current_localtime',
  'current_localtimestamp',
  'current_setting',
  'getvariable',
  'pg_conf_load_time',
  'pg_postmaster_start_time',
  'reservoir_quantile',
  'vector_type',
  'version',
])

/** What DuckDB reads as a function where no column is called so. */
const bareFunctions: ReadonlySet<string> = new Set([
  'current_catalog',
  'current_date',
  'current_role',
  'current_schema',
  'current_time',
  'current_timestamp',
  'current_user',
  'localtime',
  'localtimestamp',
  'session_user',
  'user',
])

export interface SqlRules {
  /** What the SQL may read from, beside what it defines itself. */
  readonly relation: string
  /** Names of the relation's columns. */
  readonly columns: readonly string[]
}

/**
 * What keeps SQL of a pipeline file from being used, in words; undefined when nothing does. It must be
 * one SELECT over the relation, and depend on nothing but the rows: a retry has to find the same.
 */
export async function foreignSqlProblem(
  connection: DuckDBConnection,
  sql: string,
  rules: SqlRules,
): Promise<string | undefined> {
  const [row] = await queryTexts(connection, `SELECT json_serialize_sql(${literal(sql)})`)
  const parsed = serialized.parse(JSON.parse(row?.[0] ?? 'null'))
  if (parsed.error) {
    return parsed.error_message.startsWith('Only SELECT')
      ? 'it is not a SELECT that stands alone'
      : firstLine(parsed.error_message)
  }
  const { statements } = parsed
  if (statements.length !== 1) return `it has ${statements.length} statements, and one is run`
  const changing = await changingFunctionsOf(connection)
  const defined = definedNames(statements)
  const columns = new Set(rules.columns.map((name) => name.toLowerCase()))
  for (const node of nodesOf(statements)) {
    const problem =
      relationProblem(node, rules.relation, defined) ??
      functionProblem(node, changing) ??
      columnProblem(node, columns)
    if (problem !== undefined) return problem
  }
  return undefined
}

type Node = Readonly<Record<string, unknown>>

/** All objects of a syntax tree. */
function* nodesOf(value: unknown): Generator<Node> {
  if (Array.isArray(value)) {
    for (const element of value) yield* nodesOf(element)
  } else if (isNode(value)) {
    yield value
    yield* nodesOf(Object.values(value))
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null
}

/** Of the SQL's own WITH. */
function definedNames(statements: readonly unknown[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const node of nodesOf(statements)) {
    const { cte_map: defined } = node
    if (!isNode(defined) || !Array.isArray(defined['map'])) continue
    for (const entry of defined['map']) {
      if (isNode(entry)) names.add(textOf(entry['key']).toLowerCase())
    }
  }
  return names
}

function relationProblem(
  node: Node,
  relation: string,
  defined: ReadonlySet<string>,
): string | undefined {
  if (isNode(node['sample'])) return 'it takes a sample, which a retry would take anew'
  switch (node['type']) {
    case 'BASE_TABLE': {
      const name = textOf(node['table_name'])
      const isBare = textOf(node['schema_name']) === '' && textOf(node['catalog_name']) === ''
      const isKnown = name.toLowerCase() === relation || defined.has(name.toLowerCase())
      return isBare && isKnown ? undefined : `it reads from ${name}, and there is ${relation} only`
    }
    case 'TABLE_FUNCTION': {
      const call = node['function']
      const name = isNode(call) ? textOf(call['function_name']).toLowerCase() : ''
      return tableFunctions.has(name)
        ? undefined
        : `it reads from ${name}(), and there is ${relation} only`
    }
    case 'SHOW_REF':
      return 'it is not a SELECT'
    case 'VALUE_PARAMETER':
      return 'it has a parameter'
    default:
      return undefined
  }
}

function functionProblem(node: Node, changing: ReadonlySet<string>): string | undefined {
  if (node['class'] !== 'FUNCTION' && node['class'] !== 'WINDOW') return undefined
  const name = textOf(node['function_name']).toLowerCase()
  const { children } = node
  const isAge = name === 'age' && Array.isArray(children) && children.length === 1
  if (!isAge && !changing.has(name)) return undefined
  return `it calls ${name}(), which a retry would find changed`
}

/** `current_date` without brackets stands for a function. */
function columnProblem(node: Node, columns: ReadonlySet<string>): string | undefined {
  const { column_names: path } = node
  if (node['class'] !== 'COLUMN_REF' || !Array.isArray(path) || path.length !== 1) return undefined
  const name = textOf(path[0]).toLowerCase()
  if (!bareFunctions.has(name) || columns.has(name)) return undefined
  return `it uses ${name}, which a retry would find changed`
}

async function changingFunctionsOf(connection: DuckDBConnection): Promise<ReadonlySet<string>> {
  const rows = await queryTexts(
    connection,
    // `error` is called volatile so that it is not left out.
    `SELECT DISTINCT lower(function_name) FROM duckdb_functions()
     WHERE stability <> 'CONSISTENT' AND function_name <> 'error'`,
  )
  const names = rows.map(([name = '']) => name)
  return new Set([...names, ...changingFunctions, ...bareFunctions])
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Of a message of DuckDB's parser or binder; the others show the SQL. */
function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? ''
}
