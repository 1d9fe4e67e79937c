import { z } from 'zod'
import type { CheckDefinition } from '../../activities/pipeline-definition.ts'
import { selectSql } from './select-sql.ts'
import { sentText } from './source-text.ts'
import { wholeNumber } from './whole-number.ts'

const columnNames = z.union([
  z.string().transform((name) => [name]),
  z.array(z.string()).min(1, 'names no column'),
])

const rowCount = wholeNumber(0, Number.MAX_SAFE_INTEGER)

/** For a check of bounds that has none: it would always pass. */
function checkBounds(
  { min, max }: { min?: unknown; max?: unknown },
  context: z.RefinementCtx,
): void {
  if (min !== undefined || max !== undefined) return
  context.addIssue({ code: 'custom', message: 'needs a min or a max' })
}

const writtenSchema = z
  .strictObject({
    not_null: columnNames,
    unique: columnNames,
    range: z
      .strictObject({
        column: z.string(),
        min: sentText.optional(),
        max: sentText.optional(),
      })
      .superRefine(checkBounds),
    row_count: z
      .strictObject({ min: rowCount.optional(), max: rowCount.optional() })
      .superRefine(checkBounds)
      .superRefine(({ min = 0, max = Infinity }, context) => {
        if (min > max) context.addIssue({ code: 'custom', message: 'has a min above its max' })
      }),
    sql: z.strictObject({
      name: z.string().min(1, 'is empty'),
      find: selectSql,
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
