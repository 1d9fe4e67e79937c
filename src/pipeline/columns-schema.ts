import { z } from 'zod'
import { parseColumnType } from './column-type.ts'
import { columnNameProblem } from './identifier.ts'
import { EVEN_IF_WRONG, parsedText } from './parsed.ts'

const typeSchema = parsedText(parseColumnType).meta({ examples: ['bigint', 'numeric(10, 2)'] })

const columnSchema = z.union([
  typeSchema.transform((type) => ({ type, from: undefined, key: false })),
  z.strictObject({
    type: typeSchema,
    from: z
      .string()
      .min(1, 'is empty')
      .optional()
      .meta({ description: "The field's name at the source, where it is not the column's." }),
    key: z.boolean().default(false).meta({ description: 'Part of the key that a merge matches.' }),
  }),
])

/** The columns by name; a column that is its type only may be written `delay: integer`. */
export const columnsSchema = z.record(z.string(), columnSchema).superRefine((columns, context) => {
  const names = Object.keys(columns)
  const folded = new Map<string, string>()
  for (const name of names) {
    const other = folded.get(foldCase(name))
    const problem =
      columnNameProblem(name) ??
      (other === undefined ? undefined : `differs from ${other} in case only`)
    folded.set(foldCase(name), name)
    if (problem !== undefined) {
      context.addIssue({ code: 'custom', path: [name], message: problem, params: { onKey: true } })
    }
  }
  if (names.length === 0) context.addIssue({ code: 'custom', message: 'has no columns' })
  else if (!Object.values(columns).some((column) => column?.key)) {
    const message = 'a merge needs a key: mark at least one column with key: true'
    context.addIssue({ code: 'custom', message, params: { onKey: true } })
  }
}, EVEN_IF_WRONG)

/** DuckDB, and so a Parquet part, does not tell such names apart. */
function foldCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}
