import { ApplicationFailure } from '@temporalio/common'
import { z } from 'zod'
import type { BackfillResult } from '../../workflows/index.ts'

const resultSchema = z.object({
  planned: z.number(),
  loaded: z.number(),
  skipped: z.number(),
  failed: z.number(),
  failures: z.array(z.object({ partition: z.string(), code: z.string() })),
  left: z.number(),
})

/** What a backfill has done that failed: its failure says so. Nothing of any other failure. */
export function resultOfFailure(failure: unknown): BackfillResult | undefined {
  for (let cause = failure; cause instanceof Error; cause = cause.cause) {
    if (!(cause instanceof ApplicationFailure)) continue
    const [details]: unknown[] = cause.details ?? []
    return resultSchema.safeParse(details).data
  }
  return undefined
}
