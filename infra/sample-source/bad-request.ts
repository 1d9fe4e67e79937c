import type { z } from 'zod'
import { SampleSourceError } from './sample-source-error.ts'

/** The error behind every 400: what was wrong with a parameter or a body. */
export function badRequest(message: string): SampleSourceError {
  return new SampleSourceError('SAMPLE_REQUEST_INVALID', message, {
    remedy: 'Correct the request; the message names the parameter.',
  })
}

/**
 * Checks what a client sent.
 * @throws SampleSourceError SAMPLE_REQUEST_INVALID, naming each field that is wrong.
 */
export function parseInput<Output>(schema: z.ZodType<Output>, input: unknown): Output {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const problems = result.error.issues.flatMap((issue) => {
    const place = issue.path.map((step) => String(step)).join('.')
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => `${place === '' ? key : `${place}.${key}`}: not known here`)
    }
    return place === '' ? issue.message : `${place}: ${issue.message}`
  })
  throw badRequest(problems.join('; '))
}
