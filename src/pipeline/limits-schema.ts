import { z } from 'zod'
import { parseByteSize } from './byte-size.ts'
import { wholeNumber } from './whole-number.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30

/** Sizes and attempts, with what holds where the file says nothing. */
export const limitsSchema = z.strictObject({
  batch_bytes: byteSize(4 * GIB).default(16 * MIB),
  page_bytes: byteSize(GIB).default(64 * MIB),
  batches_in_flight: wholeNumber(1, 64).default(2),
  attempts: wholeNumber(1, 1000).default(8),
  max_pages: wholeNumber(1, 1_000_000_000).optional(),
  items_in_flight: wholeNumber(1, 64).optional().meta({ default: 2 }),
})

/** How many rows may be set aside before the load fails. */
export const onRejectSchema = z.strictObject({ max: wholeNumber(0, 1_000_000_000).default(0) })

function byteSize(maxBytes: number) {
  return z
    .union([z.number(), z.string()], { error: 'must be a size in bytes, such as 16MiB' })
    .transform((size, context) => {
      const parsed = parseByteSize(String(size))
      const problem = 'problem' in parsed ? parsed.problem : rangeProblem(parsed.value, maxBytes)
      if ('value' in parsed && problem === undefined) return parsed.value
      context.issues.push({ code: 'custom', message: problem ?? '', input: size })
      return z.NEVER
    })
}

function rangeProblem(bytes: number, maxBytes: number): string | undefined {
  return bytes >= 1 && bytes <= maxBytes ? undefined : `must be from 1 byte to ${maxBytes / GIB}GiB`
}
