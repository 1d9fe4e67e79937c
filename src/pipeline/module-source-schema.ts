import { z } from 'zod'
import { sentText } from './source-text.ts'

/** A module of the user's own that makes records. */
export const moduleSourceSchema = z.strictObject({
  kind: z.literal('module'),
  path: z
    .string()
    .min(1, 'is empty')
    .meta({ examples: ['erp.ts'] }),
  options: z.record(z.string(), sentText).default({}),
})
