import { z } from 'zod'

const sqlSchema = z.string().min(1, 'is empty')

/** DuckDB SQL; `transform: select …` is short for `transform: { sql: select … }`. */
export const transformSchema = z.union([
  sqlSchema.transform((sql) => ({ sql, scope: 'batch' as const })),
  z.strictObject({ sql: sqlSchema, scope: z.enum(['batch', 'dataset']).default('batch') }),
])
