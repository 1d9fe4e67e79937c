import { z } from 'zod'
import type { CheckDefinition } from '../../activities/pipeline-definition.ts'
import { sentText } from './source-text.ts'
import { wholeNumber } from './whole-number.ts'

const columnNames = z.union([
  z.string().transform((name) => [name]),
  z.array(z.string()).min(1, 'names no column'),
])

const rowCount = wholeNumber(0, Number.MAX_SAFE_INTEGER)

const writtenSchema = z
  .strictObject({
    not_null: columnNames,
    unique: columnNames,
    range: z.strictObject({
      column: z.string(),
      min: sentText.optional(),
      max: sentText.optional(),
    }),
    row_count: z.strictObject({ min: rowCount.optional(), max: rowCount.optional() }),
    sql: z.strictObject({
      name: z.string().min(1, 'is empty'),
      find: z.string().min(1, 'is empty'),
    }),
  })
  .partial()

type WrittenCheck = z.output<typeof writtenSchema>

const checkSchema = writtenSchema.transform((written, context): CheckDefinition => {
  const checks = toChecks(written)
  const [check] = checks
  if (check !== undefined && checks.length === 1) return check
  context.issues.push({
    code: 'custom',
    message: 'must be one of not_null, unique, range, row_count and sql',
    input: written,
  })
  return z.NEVER
})

/** What has to be true of a dataset before it is published: a list of checks, each of one key. */
export const checksSchema = z.array(checkSchema).min(1, 'has no checks')

function toChecks({
  not_null: notNull,
  unique,
  range,
  row_count: rows,
  sql,
}: WrittenCheck): CheckDefinition[] {
  return [
    notNull && { kind: 'not_null' as const, columns: notNull },
    unique && { kind: 'unique' as const, columns: unique },
    range && { kind: 'range' as const, ...range },
    rows && { kind: 'row_count' as const, ...rows },
    sql && { kind: 'sql' as const, name: sql.name, sql: sql.find },
  ].filter((check) => check !== undefined)
}
