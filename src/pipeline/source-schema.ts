import { z } from 'zod'
import { authProblems, authSchema } from './auth-schema.ts'
import { fileSourceSchema, notForRecords } from './file-source-schema.ts'
import { isWithin, parseMemberPath } from './member-path.ts'
import { moduleSourceSchema } from './module-source-schema.ts'
import { paginationSchema } from './pagination-schema.ts'
import { parsedText } from './parsed.ts'
import { postgresSourceSchema } from './postgres-source-schema.ts'
import { headersSchema, querySchema } from './source-text.ts'
import { parseSourceUrl } from './source-url.ts'
import { wholeNumber } from './whole-number.ts'

const httpSourceSchema = z
  .strictObject({
    kind: z.literal('http'),
    url: parsedText(parseSourceUrl).meta({
      description: 'May hold ${NAME} references to the environment.',
    }),
    query: querySchema.default({}),
    headers: headersSchema.default({}),
    format: z.enum(['json', 'ndjson', 'csv']).default('json'),
    records: parsedText(parseMemberPath)
      .optional()
      .meta({ description: 'Where the array of records stands in a JSON body.', default: '$' }),
    next: paginationSchema.default({ kind: 'none' }),
    auth: authSchema.optional(),
    timeout_seconds: wholeNumber(1, 21_600, 'of seconds').optional().meta({ default: 600 }),
    rate: z
      .strictObject({
        requests_per_second: z
          .number()
          .min(0.001, 'must be from 0.001 to 1000')
          .max(1000, 'must be from 0.001 to 1000'),
      })
      .optional(),
    concurrency: wholeNumber(1, 64).optional().meta({ default: 1 }),
  })
  .superRefine(({ format, records = [], next, query, ...source }, context) => {
    const report = (path: string[], message: string) =>
      context.addIssue({ code: 'custom', path, message })
    if (format !== 'json' && records.length > 0) report(['records'], notForRecords(format))
    for (const { path, problem } of authProblems(source)) report(path, problem)
    if (source.concurrency !== undefined && !isForeseen(next)) {
      report(['concurrency'], 'is for paging by page, or by offset with a size: others must wait')
    }
    if (next.kind === 'none' || next.kind === 'link-header') return
    if (next.kind === 'cursor') {
      if (format !== 'json') {
        report(['next'], `a cursor is read from a JSON body, and a ${format} body has none`)
      } else if (isWithin(next.path, records)) {
        // Such a cursor is never found, and the load would end after one page without a word.
        report(['next', 'path'], 'lies within the array of records: name a member beside it')
      }
    }
    if (query[next.parameter] !== undefined || urlSets(source.url, next.parameter)) {
      report(['next'], `the query sets ${next.parameter} already, which is to ask for the page`)
    }
  })

/** Where records come from. */
export const sourceSchema = z.discriminatedUnion('kind', [
  httpSourceSchema,
  fileSourceSchema,
  postgresSourceSchema,
  moduleSourceSchema,
])

/** Whether what pages are asked for with is known before the pages before them have come. */
function isForeseen(next: z.output<typeof paginationSchema>): boolean {
  return next.kind === 'page' || (next.kind === 'offset' && next.size !== undefined)
}

function urlSets(url: string, parameter: string): boolean {
  const at = url.indexOf('?')
  return at !== -1 && new URLSearchParams(url.slice(at)).has(parameter)
}
