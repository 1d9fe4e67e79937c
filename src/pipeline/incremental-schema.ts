import { z } from 'zod'
import { sentText } from './source-text.ts'

/** Asks only for what has come since the last load. */
export const incrementalSchema = z.strictObject({
  column: z.string().min(1, 'is empty').meta({ description: 'Its greatest value is the mark.' }),
  initial: sentText.meta({ description: 'The mark of the first load.' }),
})
