import { z } from 'zod'
import { authProblems, authSchema } from './auth-schema.ts'
import { parseMemberPath } from './member-path.ts'
import { parsedText } from './parsed.ts'
import { parseFilePath, writtenFileKind, type WrittenFileKind } from './parse-file-path.ts'
import { s3AccessSchema } from './s3-access-schema.ts'
import { headersSchema } from './source-text.ts'

/** What says which bytes are sent, and how. */
const READING_HEADERS = /^(accept-encoding|range|if-(range|match|none-match|modified-since))$/i

const pathSchema = parsedText(parseFilePath).meta({ minLength: 1 })

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
    s3: s3AccessSchema.optional(),
  })
  .superRefine(({ format, records = [], path, headers, auth, s3 }, context) => {
    const report = (at: string[], message: string, onKey = false) =>
      context.addIssue({ code: 'custom', path: at, message, params: { onKey } })
    if (format !== 'json' && records.length > 0) report(['records'], notForRecords(format))
    const leads = (kind: WrittenFileKind) =>
      path.some((one) => ['unknown', kind].includes(writtenFileKind(one)))
    if (!leads('http')) {
      const message = 'is for paths that begin with http:// or https://'
      if (Object.keys(headers).length > 0) report(['headers'], message, true)
      if (auth !== undefined) report(['auth'], message, true)
    }
    for (const name of Object.keys(headers).filter((header) => READING_HEADERS.test(header))) {
      report(['headers', name], 'is set by reading itself, which asks for bytes by their position')
    }
    if (s3 !== undefined && !leads('s3')) {
      report(['s3'], 'is for paths that begin with s3://', true)
    }
    for (const url of path.filter((one) => writtenFileKind(one) !== 's3')) {
      for (const { path: at, problem } of authProblems({ auth, headers, url })) report(at, problem)
    }
  })

export function notForRecords(format: string): string {
  return `is for JSON bodies; a ${format} body is records from end to end`
}
