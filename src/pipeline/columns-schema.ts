import { z } from 'zod'
import { parseColumnType } from './column-type.ts'
import { columnNameProblem } from './identifier.ts'
import { defaultProblem } from './default-problem.ts'
import { parseMemberPath } from './member-path.ts'
import { EVEN_IF_WRONG, parsedText } from './parsed.ts'

const typeSchema = parsedText(parseColumnType).meta({ examples: ['bigint', 'numeric(10, 2)'] })

/** A comment in the table, which cannot hold NUL. */
export const descriptionSchema = z
  .string()
  .min(1, 'is empty')
  .max(10_000, 'is longer than 10000 letters')
  .refine((text) => !text.includes('\0') && text.isWellFormed(), 'is no text that PostgreSQL keeps')

const columnSchema = z.union([
  typeSchema.transform((type) => ({
    type,
    from: undefined,
    default: undefined,
    key: false,
    description: undefined,
  })),
  z.strictObject({
    type: typeSchema,
    from: z.string().min(1, 'is empty').superRefine(checkFieldPath).optional().meta({
      description: "The field's name or path ($.a.b) at the source, where it is not the column's.",
    }),
    default: z
      .string()
      .optional()
      .meta({ description: 'What stands for a field that is null or not there, as text.' }),
    key: z
      .boolean()
      .default(false)
      .meta({ description: 'Part of the key, which one row of a dataset has.' }),
    description: descriptionSchema.optional().meta({
      description: 'The comment of the column in its table.',
    }),
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
    checkColumn(name, columns[name], context)
  }
  if (names.length === 0) context.addIssue({ code: 'custom', message: 'has no columns' })
}, EVEN_IF_WRONG)

/** A name that begins with `$.` is a path; in CSV, which has none, it is a name like any other. */
function checkFieldPath(from: string, context: z.RefinementCtx): void {
  const path = from.startsWith('$.') ? parseMemberPath(from) : undefined
  if (path !== undefined && 'problem' in path) {
    context.addIssue({ code: 'custom', message: path.problem })
  }
}

/** `column` is what the file has, which may be wrong. */
function checkColumn(
  name: string,
  column: Partial<z.output<typeof columnSchema>> | undefined,
  context: z.RefinementCtx,
): void {
  const type = column?.type
  if (typeof type !== 'object' || type === null) return
  const { kind } = type.kind === 'array' ? type.element : type
  if (kind === 'json' && column?.key === true) {
    const message = `PostgreSQL compares no json: a key may be jsonb${type.kind === 'array' ? '[]' : ''}`
    context.addIssue({ code: 'custom', path: [name, 'key'], message })
  }
  const problem =
    typeof column?.default === 'string' ? defaultProblem(type, column.default) : undefined
  if (problem !== undefined) {
    context.addIssue({ code: 'custom', path: [name, 'default'], message: problem })
  }
}

/** DuckDB, and so a Parquet part, does not tell such names apart. */
export function foldCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}
