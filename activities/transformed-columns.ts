import { bindSql, type BoundColumn } from './conversion/bind-sql.ts'
import type { DuckDb } from './conversion/duck-db.ts'
import { resultTypeOf } from './conversion/result-type.ts'
import type { ColumnDefinition, ColumnType, PipelineDefinition } from './pipeline-definition.ts'
import { PipelineError } from './pipeline-error.ts'

/**
 * The columns that the pipeline's transform makes of the declared ones; undefined without a transform.
 *
 * @throws PipelineError TRANSFORM_INVALID where its SQL cannot be used, or makes what no table can hold
 */
export async function transformedColumns(
  duckDb: DuckDb,
  { columns: declared, transform }: Pick<PipelineDefinition, 'columns' | 'transform'>,
  signal: AbortSignal,
): Promise<readonly ColumnDefinition[] | undefined> {
  if (transform === undefined) return undefined
  const bound = await duckDb.withoutFiles(signal, (connection) =>
    bindSql(connection, transform.sql, 'input', declared),
  )
  if ('problem' in bound) throw invalid(bound.problem)
  const columns = bound.columns.map((column) => toColumn(column, declared))
  checkNames(columns)
  for (const { name, key } of declared) {
    if (key && !columns.some((column) => column.key && column.name === name)) {
      throw invalid(`the key column ${name} is not in its result`)
    }
  }
  return columns
}

function toColumn(
  { name, type }: BoundColumn,
  declared: readonly ColumnDefinition[],
): ColumnDefinition {
  const result = resultTypeOf(type)
  if (result === undefined) {
    throw invalid(`its column ${name} is of type ${type.toString()}, which is not loaded: cast it`)
  }
  const origin = declared.find((column) => column.name === name)
  const key = origin?.key ?? false
  const kept = keptType(result.type, origin?.type)
  if (key && kept.kind === 'json') throw invalid(`its key column ${name} is json: make it jsonb`)
  return { name, from: name, type: kept, key }
}

/** DuckDB holds json and jsonb as text: under its own name such a column stays what it was. */
function keptType(result: ColumnType, declared: ColumnType | undefined): ColumnType {
  if (declared === undefined) return result
  if (result.kind === 'text') return isJson(declared) ? declared : result
  const isTexts = result.kind === 'array' && result.element.kind === 'text'
  return isTexts && declared.kind === 'array' && isJson(declared.element) ? declared : result
}

function isJson({ kind }: ColumnType): boolean {
  return kind === 'json' || kind === 'jsonb'
}

/** PostgreSQL cuts longer names. */
const maxNameBytes = 63
const systemColumns: ReadonlySet<string> = new Set([
  'ctid',
  'xmin',
  'xmax',
  'cmin',
  'cmax',
  'tableoid',
])

function checkNames(columns: readonly ColumnDefinition[]): void {
  const seen = new Set<string>()
  for (const { name } of columns) {
    // Neither DuckDB nor Parquet tells names apart by case.
    if (seen.has(name.toLowerCase())) throw invalid(`its result has the column ${name} twice`)
    seen.add(name.toLowerCase())
    const isLong = Buffer.byteLength(name) > maxNameBytes
    if (name === '' || isLong || name.includes('\0') || systemColumns.has(name)) {
      const length = isLong ? `, of ${Buffer.byteLength(name)} bytes,` : ''
      throw invalid(`its column ${JSON.stringify(name)}${length} cannot be called so in a table`)
    }
  }
}

function invalid(problem: string): PipelineError {
  return new PipelineError('TRANSFORM_INVALID', `the transform cannot be used: ${problem}`, {
    remedy:
      'Correct `transform` in the pipeline file: one DuckDB SELECT over `input`, with a name for each column.',
  })
}
