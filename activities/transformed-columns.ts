import type { DuckDb } from './conversion/duck-db.ts'
import type { ColumnDefinition, PipelineDefinition } from './pipeline-definition.ts'

/** The columns that the pipeline's transform makes of the declared ones; undefined without a transform. */
export async function transformedColumns(
  _duckDb: DuckDb,
  { transform }: Pick<PipelineDefinition, 'columns' | 'transform'>,
  _signal: AbortSignal,
): Promise<readonly ColumnDefinition[] | undefined> {
  if (transform === undefined) return undefined
  throw new Error('there are no transforms yet')
}
