import { join } from 'node:path'
import type { ColumnDefinition } from '../pipeline-definition.ts'
import type { ConversionRules } from './conversion-rules.ts'
import type { DuckDb } from './duck-db.ts'
import { transformRows } from './transform-rows.ts'

export interface TransformPartInput {
  /** Of the declared columns. */
  readonly partPath: string
  readonly declared: readonly ColumnDefinition[]
  readonly transform: NonNullable<ConversionRules['transform']>
  /** The part's folder. */
  readonly folder: string
  readonly signal: AbortSignal
}

/**
 * Makes one part of another by the pipeline's SQL.
 *
 * @throws PipelineError TRANSFORM_FAILED
 */
export async function transformPart(
  duckDb: DuckDb,
  { partPath, declared, transform, folder, signal }: TransformPartInput,
): Promise<{ rowCount: number; partPath: string }> {
  return duckDb.withSandbox(signal, folder, async (connection) => {
    const path = join(folder, 'transformed.parquet')
    const rows = await transformRows(connection, { ...transform, declared, paths: [partPath] })
    await rows.write({ path, first: 0, count: rows.rowCount })
    return { rowCount: rows.rowCount, partPath: path }
  })
}
