import { z } from 'zod'
import { selectSql } from './select-sql.ts'

/** DuckDB SQL; `transform: select …` is short for `transform: { sql: select … }`. */
export const transformSchema = z.union([
  selectSql.transform((sql) => ({ sql, scope: 'batch' as const })),
  z.strictObject({ sql: selectSql, scope: z.enum(['batch', 'dataset']).default('batch') }),
])
