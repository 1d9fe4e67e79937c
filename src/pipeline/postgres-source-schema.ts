import { z } from 'zod'
import { parsedText } from './parsed.ts'
import { parseTableName } from './table-name.ts'
import { wholeNumber } from './whole-number.ts'

/** A table or a query of a PostgreSQL database. */
export const postgresSourceSchema = z
  .strictObject({
    kind: z.literal('postgres'),
    url: z
      .string()
      .min(1, 'is empty')
      .meta({ examples: ['${ERP_DATABASE_URL}'] }),
    table: parsedText(parseTableName).optional(),
    query: z.string().min(1, 'is empty').optional(),
    split: z
      .strictObject({ column: z.string().min(1, 'is empty'), ranges: wholeNumber(2, 64) })
      .optional(),
  })
  .superRefine(({ table, query }, context) => {
    if ((table === undefined) !== (query === undefined)) return
    const message = 'must name either a table or a query'
    context.addIssue({ code: 'custom', path: ['table'], message, params: { onKey: true } })
  })
