import { z } from 'zod'
import { parsedText } from './parsed.ts'
import { parseMemberPath } from './member-path.ts'

const noneSchema = z.strictObject({ kind: z.literal('none') })

const cursorSchema = z.strictObject({
  kind: z.literal('cursor'),
  path: parsedText((text) =>
    text === '$' ? { problem: 'must name a member, such as $.next' } : parseMemberPath(text),
  ).meta({ description: 'Where a JSON body names the next cursor.', examples: ['$.next'] }),
  parameter: z
    .string()
    .min(1, 'is empty')
    .default('cursor')
    .meta({ description: 'The query parameter that carries the cursor.' }),
})

/** How the next page is found; `next: none` is short for `next: { kind: none }`. */
export const paginationSchema = z.union([
  z.literal('none').transform((kind) => ({ kind })),
  z.discriminatedUnion('kind', [noneSchema, cursorSchema]),
])
