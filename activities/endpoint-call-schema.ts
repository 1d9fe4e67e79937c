import { z } from 'zod'

/** What everybody on the way to the service can take. */
const mostLevels = 100

/** One call of a service, as anybody may have written it. */
export const endpointCallSchema = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  url: z
    .string()
    .min(1)
    .max(8000)
    .describe('May begin with a variable of the worker, ${ENDPOINT_URL} say, and hold others.'),
  headers: z.record(z.string(), z.string().max(8000)).optional(),
  // It was JSON: what is in it needs no further look.
  body: z
    .union([z.string(), z.array(z.unknown()), z.record(z.string(), z.unknown())])
    .refine((body) => !isDeeper(body, mostLevels), `is nested more than ${mostLevels} levels deep`)
    .optional()
    .describe('Sent as it is; a list or an object as JSON.'),
  expect: z
    .array(z.int().min(200).max(599))
    .min(1)
    .max(100)
    .optional()
    .describe('Statuses that are a success. Usually 200 to 299.'),
  timeoutMs: z.int().min(1).max(3_600_000).optional().describe('Of one attempt. Usually 30000.'),
  attempts: z.int().min(1).max(20).optional().describe('Usually 5.'),
  idempotencyKey: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters')
    .optional()
    .describe('Sent to the service, with each attempt. Usually one of the run, but for GET.'),
})

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}
