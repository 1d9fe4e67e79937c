import { z } from 'zod'
import { authSchema } from './auth-schema.ts'
import { parseMemberPath } from './member-path.ts'
import { parsedText } from './parsed.ts'
import { headersSchema, sentText } from './source-text.ts'

const pathSchema = z.string().min(1, 'is empty')

/** Files: local ones, in an S3 store, or over HTTP. */
export const fileSourceSchema = z
  .strictObject({
    kind: z.literal('file'),
    path: z
      .union([pathSchema.transform((path) => [path]), z.array(pathSchema).min(1, 'has no paths')])
      .meta({
        description:
          'One or more of a local path, s3://bucket/key and https://…, with * and ** as globs.',
        examples: ['data/*.csv.gz', 's3://lake/flights/*.parquet'],
      }),
    format: z.enum(['json', 'ndjson', 'csv', 'parquet']),
    records: parsedText(parseMemberPath)
      .optional()
      .meta({ description: 'Where the array of records stands in a JSON file.', default: '$' }),
    compression: z.enum(['none', 'gzip', 'zstd']).optional(),
    headers: headersSchema.default({}),
    auth: authSchema.optional(),
    s3: z
      .strictObject({
        endpoint: sentText.optional(),
        region: sentText.optional(),
        access_key_id: sentText,
        secret_access_key: sentText,
      })
      .optional(),
  })
  .superRefine(({ format, records = [] }, context) => {
    if (format === 'json' || records.length === 0) return
    context.addIssue({ code: 'custom', path: ['records'], message: notForRecords(format) })
  })

export function notForRecords(format: string): string {
  return `is for JSON bodies; a ${format} body is records from end to end`
}
