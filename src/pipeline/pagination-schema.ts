import { z } from 'zod'
import { parsedText } from './parsed.ts'
import { parseMemberPath } from './member-path.ts'
import { wholeNumber } from './whole-number.ts'

/** Of pages, of records and of what stands before them. */
const mostCounted = 1_000_000_000

const noneSchema = z.strictObject({ kind: z.literal('none') })

const cursorSchema = z.strictObject({
  kind: z.literal('cursor'),
  path: parsedText((text) =>
    text === '$' ? { problem: 'must name a member, such as $.next' } : parseMemberPath(text),
  ).meta({ description: 'Where a JSON body names the next cursor.', examples: ['$.next'] }),
  parameter: parameter('cursor'),
})

const pageSchema = z.strictObject({
  kind: z.literal('page'),
  parameter: parameter('page'),
  first: wholeNumber(0, mostCounted).default(1),
  size: wholeNumber(1, mostCounted).optional(),
})

const offsetSchema = z.strictObject({
  kind: z.literal('offset'),
  parameter: parameter('offset'),
  first: wholeNumber(0, mostCounted).default(0),
  size: wholeNumber(1, mostCounted).optional(),
})

const linkHeaderSchema = z.strictObject({ kind: z.literal('link-header') })

const kindsSchema = z.discriminatedUnion('kind', [
  noneSchema,
  cursorSchema,
  pageSchema,
  offsetSchema,
  linkHeaderSchema,
])

/** How the next page is found; `next: page` is short for `next: { kind: page }`. */
export const paginationSchema = z.union([
  z
    .enum(['none', 'page', 'offset', 'link-header'])
    .transform((kind) => kindsSchema.parse({ kind })),
  kindsSchema,
])

function parameter(usual: string) {
  return z
    .string()
    .min(1, 'is empty')
    .default(usual)
    .meta({ description: 'The query parameter that asks for the page.' })
}
