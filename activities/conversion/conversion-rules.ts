import type { ColumnDefinition, PipelineDefinition, SchemaRule } from '../pipeline-definition.ts'

/** What a pipeline says of its conversion beside the columns. */
export interface ConversionRules {
  readonly schema: SchemaRule
  /** DuckDB SQL over `input`, and the columns that come out of it. */
  readonly transform?:
    | { readonly sql: string; readonly columns: readonly ColumnDefinition[] }
    | undefined
}

/** @param transformed What a transform makes of the columns, where there is one. */
export function conversionRules(
  { schema = 'discard', transform }: Pick<PipelineDefinition, 'schema' | 'transform'>,
  transformed: readonly ColumnDefinition[] | undefined,
): ConversionRules {
  if (transform?.scope !== 'batch' || transformed === undefined) return { schema }
  return { schema, transform: { sql: transform.sql, columns: transformed } }
}
